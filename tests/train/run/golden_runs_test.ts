import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { type MetricsLine, orThrow } from "../../../train/mod.ts";
import { identityOf } from "../../../train/tasks/identities.ts";
import { readCheckpoint } from "../../../train/checkpoint/read_checkpoint.ts";
import { readMetrics } from "../../../train/run/metrics_record.ts";
import { right } from "../../right.ts";
import { inFolder } from "../temporary_folder.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const GOLDEN = join(ROOT, "tests", "golden", "runs");

/** Part by which a loss may differ on another processor. */
const TOLERANCE = 1e-4;

function near(found: unknown, wanted: number): void {
  const isNear = Math.abs(Number(found) / wanted - 1) < TOLERANCE;
  ok(isNear, `found ${found}, wanted ${wanted}`);
}

/** Runs a program; gives the last line of its output. */
async function lastLine(
  folder: string,
  program: string,
  flags: string,
): Promise<Readonly<Record<string, unknown>>> {
  const path = join(ROOT, "examples", `${program}.ts`);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", path, ...flags.split(/\s+/)],
    cwd: folder,
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  ok(success, text(stderr));
  return JSON.parse(text(stdout).trimEnd().split("\n").at(-1) ?? "");
}

/** The numbers of a step but for its times. */
const timeless = ({ milliseconds: _, ...line }: MetricsLine) => line;

Deno.test("a pre-training of version 0.1.0 takes its next steps as it would have", () =>
  inFolder(async (folder) => {
    const path = join(folder, "pretrain");
    await cp(join(GOLDEN, "pretrain"), path, { recursive: true });
    const record = join(path, "metrics.jsonl");
    const wanted = orThrow(await readMetrics(record)).map(timeless);
    await lastLine(
      folder,
      "pretrain",
      "--resume pretrain --backend cpu --judge never --json --no-tensorboard",
    );
    const found = orThrow(await readMetrics(record)).map(timeless);
    strictEqual(found.length, 12);
    deepStrictEqual(found.slice(0, 6), wanted.slice(0, 6));
    for (const [step, line] of found.entries()) {
      near(line.loss, wanted[step]?.loss ?? NaN);
      deepStrictEqual(line.rates, wanted[step]?.rates);
    }
  }));

Deno.test("a checkpoint of version 1 is read as one of version 2", () =>
  inFolder(async (folder) => {
    const second = join(GOLDEN, "pretrain", "checkpoints", "step-000000006");
    const first = join(folder, "step-000000006");
    await cp(second, first, { recursive: true });
    await Deno.remove(join(first, "SHA512SUMS"));
    const file = join(first, "run.json");
    const { config, ...run } = JSON.parse(await Deno.readTextFile(file));
    await Deno.writeTextFile(
      file,
      JSON.stringify({ ...run, config, version: 1 }),
    );
    const training = right(identityOf("pretrain", config, 12));
    const snapshot = orThrow(await readCheckpoint(second, training));
    strictEqual(snapshot.step, 6);
    strictEqual(snapshot.skipped, 0);
    deepStrictEqual(orThrow(await readCheckpoint(first, training)), snapshot);
  }));

Deno.test("a fine-tuning of version 0.1.0 goes on to its end", () =>
  inFolder(async (folder) => {
    await cp(join(GOLDEN, "finetune"), join(folder, "finetune"), {
      recursive: true,
    });
    // The encoder says the sizes; fine-tuning has all weights already.
    await cp(join(GOLDEN, "pretrain"), join(folder, "full"), {
      recursive: true,
    });
    const found = await lastLine(
      folder,
      "finetune",
      "full --limit 96 --backend cpu --epochs 3 --warmup-epochs 1 --batch-size 8 --accum-iter 2 --ema 0.9 --t0 0.6 --how-scale linear --seed 3 --resume finetune",
    );
    strictEqual(found["top1"], 0.1945);
    deepStrictEqual(found["ema"], { top1: 0.189, top5: 0.551 });
  }));

Deno.test("a probe of version 0.1.0 goes on to its end", () =>
  inFolder(async (folder) => {
    const file = join(folder, "probe.safetensors");
    await cp(join(GOLDEN, "probe.safetensors"), file);
    await cp(join(GOLDEN, "pretrain"), join(folder, "full"), {
      recursive: true,
    });
    const found = await lastLine(
      folder,
      "linear_probe",
      `full --limit 128 --backend cpu --epochs 8 --warmup-epochs 1 --batch-size 32 --blr 0.1 --seed 3 --no-untrained --resume ${file}`,
    );
    ok(Number(found["loss"]) > 0);
  }));

Deno.test("a residual network of version 0.1.0 goes on to its end", () =>
  inFolder(async (folder) => {
    await cp(join(GOLDEN, "convnet"), join(folder, "convnet"), {
      recursive: true,
    });
    const found = await lastLine(
      folder,
      "freezeout_classic",
      "--limit 96 --image-size 8 --family resnet --depth 8 --width 1 --epochs 6 --batch-size 16 --backend cpu --seed 3 --t0 0.2 --how-scale linear --resume convnet",
    );
    const epochs = found["epochs"] as readonly { readonly loss: number }[];
    strictEqual(epochs.length, 6);
    near(epochs[5]?.loss, 1.9439175327618916);
    strictEqual(found["at100"], 0.788);
  }));
