import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { encode, waves } from "../../data/photographs.ts";
import { lockFolder, type MetricsLine } from "../../../train/mod.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { trained } from "../../train/tiny_run.ts";
import {
  pretrain,
  pretrainUntil,
  startPretrain,
  timelessRecord,
  writeSmallIdx,
} from "./program.ts";

/** Quick steps, the first freezes early: time to stop the run between two of them. */
const FLAGS =
  "--image-size 16 --epochs 2 --batch-size 16 --t0 0.3 --how-scale linear --backend wasm"
    .split(" ");
/** One step for each of four batches. */
const SHORT =
  "--image-size 16 --epochs 1 --batch-size 60 --warmup-epochs 0 --backend wasm"
    .split(" ");
const RESUMED = ["--backend", "wasm"];
const JUDGED = ["--judge", "always"];
const UNJUDGED = ["--judge", "never"];

const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();

/** Whether the record of a run has come to a number of frozen layers. */
const hasFrozen = (run: string, layers: number) => (): Promise<boolean> =>
  Deno.readTextFile(join(run, "metrics.jsonl")).then(
    (text) => text.includes(`"frozenLayers":${layers}`),
    () => false,
  );

const smallData = (parent: string): Promise<string> =>
  writeSmallIdx(join(parent, "data"), { train: 240, t10k: 20 });

Deno.test("a run stopped by Ctrl-C goes on to the same numbers bit for bit", () =>
  inFolder(async (parent) => {
    const flags = ["--data", await smallData(parent), ...FLAGS];
    const short = [...flags, ...UNJUDGED];
    const [whole, run] = [join(parent, "whole"), join(parent, "run")];
    const end = await pretrain(...short, "--output-dir", whole);
    strictEqual(end.code, 0, end.stderr);
    const command = [...short, "--output-dir", run, "--resume", "auto"];
    const stopped = await pretrainUntil(
      hasFrozen(run, 1),
      "SIGINT",
      ...command,
    );
    strictEqual(stopped.code, 130, stopped.stdout + stopped.stderr);
    match(stopped.stderr, /stopped after step \d+ of 30; checkpoint .*run/);
    const rest = await pretrain(...command);
    strictEqual(rest.code, 0, rest.stderr);
    match(rest.stdout, /goes on at step \d+/);
    deepStrictEqual(await timelessRecord(run), await timelessRecord(whole));
  }));

Deno.test("a finished run can be resumed: nothing is computed, the summary is the same", () =>
  inFolder(async (parent) => {
    const data = await smallData(parent);
    const run = join(parent, "run");
    const first = await pretrain(
      ...["--data", data, ...SHORT, ...JUDGED, "--output-dir", run, "--json"],
    );
    strictEqual(first.code, 0, first.stderr);
    const again = await pretrain(
      ...["--resume", run, ...RESUMED, ...JUDGED, "--json"],
    );
    strictEqual(again.code, 0, again.stderr);
    match(again.stderr, /a run that has taken all of its 4 steps/);
    deepStrictEqual(JSON.parse(again.stdout), JSON.parse(first.stdout));
  }));

Deno.test("a loss that is not finite is left out as often as allowed, then stops the run, says where and keeps the checkpoint before", () =>
  inFolder(async (parent) => {
    const data = await smallData(parent);
    const run = join(parent, "run");
    const flags = ["--data", data, ...FLAGS, "--warmup-epochs", "0"];
    const { code, stdout, stderr } = await pretrain(
      ...flags,
      ...["--lr", "1e30", "--clip-grad", "0.5", "--skip-non-finite", "1"],
      ...["--output-dir", run],
    );
    strictEqual(code, 1);
    match(stdout, /step 1 was left out: the loss is not finite \(stage 1: NaN/);
    match(
      stderr,
      /Stopped at step 2: .*not finite \(stage 1: NaN.*; the first number that is not finite is in the activation blocks\.0 \(block 1, layer 1\)/,
    );
    match(
      stderr,
      /last checkpoint: .*step-000000000\n.*lower rate.* --skip-non-finite 1$/m,
    );
    const config = JSON.parse(
      await Deno.readTextFile(join(run, "config.json")),
    );
    strictEqual(config.clipGrad, 0.5);
    const lines = await timelessRecord(run) as readonly MetricsLine[];
    deepStrictEqual(lines.map(({ loss }) => loss === null), [false, true]);
    match(lines[1]?.skipped ?? "", /^the loss is not finite/);
    ok((lines[0]?.gradientNorm ?? 0) > 0);
    deepStrictEqual(await namesIn(join(run, "checkpoints")), [
      "step-000000000",
    ]);
  }));

Deno.test("a run is not resumed with other settings or other images; a broken checkpoint is passed over, another schedule taken if asked for", () =>
  inFolder(async (parent) => {
    const data = await smallData(parent);
    const run = join(parent, "run");
    const first = await pretrain(
      ...["--data", data, ...SHORT, ...UNJUDGED, "--output-dir", run],
    );
    strictEqual(first.code, 0, first.stderr);
    const resume = (...more: string[]) =>
      pretrain("--resume", run, ...RESUMED, ...UNJUDGED, ...more);
    const epochs = await resume("--epochs", "2");
    match(epochs.stderr, /training\.epochs: checkpoint 1, this run 2/);
    match(
      epochs.stderr,
      /at step 4 of 4 -> 8:\n.*\n.*--allow-schedule-change/s,
    );
    const images = await resume("--limit", "200");
    match(images.stderr, /it learned from 240 images .*; here are 200 of 240/);
    deepStrictEqual([epochs.code, images.code], [2, 2]);
    const before = await timelessRecord(run);
    const file = join(run, "checkpoints/step-000000004/model.safetensors");
    const whole = await Deno.readFile(file);
    await Deno.truncate(file, 5000);
    const broken = await resume();
    strictEqual(broken.code, 0, broken.stderr);
    match(
      broken.stdout,
      /skipped: .*step-000000004.model\.safetensors: the header claims/,
    );
    deepStrictEqual(await timelessRecord(run), before);
    deepStrictEqual(await Deno.readFile(file), whole);
    const longer = await resume("--epochs", "2", "--allow-schedule-change");
    strictEqual(longer.code, 0, longer.stderr);
    match(
      longer.stdout,
      /schedule: changed as asked for\n.*epochs: .* 1, .* 2/,
    );
    deepStrictEqual((await timelessRecord(run)).slice(0, 4), before);
    strictEqual((await timelessRecord(run)).length, 8);
  }));

Deno.test("with --on-bad-image fail an image that cannot be read stops the run by its name; mended, the run goes on", () =>
  inFolder(async (parent) => {
    const whole = await encode(waves(40, 30), "jpeg");
    const data = join(parent, "photos");
    await Deno.mkdir(data);
    for (let i = 0; i < 12; i++) {
      await Deno.writeFile(join(data, `${i}.jpg`), whole);
    }
    const broken = join(data, "7.jpg");
    await Deno.writeFile(broken, whole.subarray(0, whole.length / 2));
    const run = join(parent, "run");
    const flags =
      "--model nano --batch-size 4 --accum-iter 1 --epochs 2 --warmup-epochs 0 --backend wasm"
        .split(" ");
    const first = await pretrain(
      ...["--data", data, ...flags, "--output-dir", run],
      ...["--on-bad-image", "fail"],
    );
    strictEqual(first.code, 1);
    match(first.stderr, /Cannot read image .*7\.jpg: .*\nlast checkpoint: /);
    await Deno.remove(broken);
    const fewer = await pretrain("--resume", run, ...RESUMED);
    strictEqual(fewer.code, 2);
    match(fewer.stderr, /it learned from 12 images, .*; here are 11 images, /);
    await Deno.writeFile(broken, whole);
    const rest = await pretrain("--resume", run, ...RESUMED, "--json");
    strictEqual(rest.code, 0, rest.stderr);
    const { steps, knnTop1 } = JSON.parse(rest.stdout);
    deepStrictEqual([steps, knnTop1], [6, null]);
  }));

Deno.test("a second run in a folder is refused at once by the number of the first", () =>
  inFolder(async (run) => {
    using _lock = trained(await lockFolder(run));
    for (const resume of [[], ["--resume", "auto"]]) {
      const second = await pretrain("--output-dir", run, ...resume);
      strictEqual(second.code, 2);
      match(
        second.stderr,
        new RegExp(`another run is writing to it .process ${Deno.pid} on`),
      );
      strictEqual(second.stdout, "", "before anything else is done");
    }
  }));

Deno.test("a reader that goes away does not end the run", () =>
  inFolder(async (parent) => {
    const data = await smallData(parent);
    const run = join(parent, "run");
    const child = startPretrain(
      ...["--data", data, ...SHORT, ...UNJUDGED, "--output-dir", run],
    );
    await child.stdout.cancel();
    const [{ code }, errors] = await Promise.all([
      child.status,
      new Response(child.stderr).text(),
    ]);
    deepStrictEqual([code, errors], [0, ""]);
    strictEqual((await timelessRecord(run)).length, 4);
  }));
