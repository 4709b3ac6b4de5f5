import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../../train/temporary_folder.ts";
import { shownInRun } from "../../train/run/tensorboard/read_events.ts";
import {
  pretrain,
  pretrainUntil,
  timelessRecord,
  writeSmallIdx,
} from "./program.ts";

/** Quick steps, the first freezes early: time to stop the run between two of them. */
const FLAGS =
  "--image-size 16 --epochs 8 --batch-size 16 --t0 0.3 --how-scale linear --backend wasm"
    .split(" ");
const RESUMED = ["--backend", "wasm"];

/** Whether the record of a run has come to a number of frozen layers. */
const hasFrozen = (run: string, layers: number) => (): Promise<boolean> =>
  Deno.readTextFile(join(run, "metrics.jsonl")).then(
    (text) => text.includes(`"frozenLayers":${layers}`),
    () => false,
  );

const smallData = (parent: string): Promise<string> =>
  writeSmallIdx(join(parent, "data"), { train: 240, t10k: 20 });

Deno.test("a run stopped between two freezes by Ctrl-C, or killed, goes on to the same numbers bit for bit", () =>
  inFolder(async (parent) => {
    const data = await smallData(parent);
    const flags = ["--data", data, ...FLAGS];
    const whole = join(parent, "whole");
    const end = await pretrain(...flags, "--output-dir", whole);
    strictEqual(end.code, 0, end.stderr);

    const run = join(parent, "run");
    const command = [...flags, "--output-dir", run, "--resume", "auto"];
    const stopped = await pretrainUntil(
      hasFrozen(run, 2),
      "SIGINT",
      ...command,
    );
    strictEqual(stopped.code, 130, stopped.stdout + stopped.stderr);
    match(stopped.stderr, /stopped after step \d+ of 120; checkpoint .*run/);
    match(stopped.stderr, /go on with: .*--resume .*run --backend wasm/);
    const before = await timelessRecord(run);
    ok(before.length < 120);

    const killed = await pretrainUntil(
      hasFrozen(run, 3),
      "SIGKILL",
      ...command,
    );
    strictEqual(killed.code, 137);
    const told = (await shownInRun(run))("loss/total");
    ok(told.length > before.length);
    deepStrictEqual(
      told.map(([step]) => step),
      told.map((_, step) => step),
      "TensorBoard sees each step once, in order",
    );

    const copy = join(parent, "copy");
    const rest = await pretrain(
      ...["--resume", run, ...RESUMED, "--output-dir", copy],
    );
    strictEqual(rest.code, 0, rest.stderr);
    match(rest.stdout, /goes on at step \d+/);
    deepStrictEqual(await timelessRecord(copy), await timelessRecord(whole));
    deepStrictEqual(
      (await shownInRun(copy))("loss/total"),
      (await shownInRun(whole))("loss/total"),
    );
    const [model, other] = await Promise.all(
      [whole, copy].map((folder) =>
        Deno.readFile(
          join(folder, "checkpoints/step-000000120/model.safetensors"),
        )
      ),
    );
    deepStrictEqual(model, other);
    ok((await timelessRecord(run)).length < 120, "the old run is untouched");
  }));
