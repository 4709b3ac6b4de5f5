import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  CLASSIC_FLAGS,
  classicSettings,
  fittedTo,
} from "../../../cli/classic/classic_flags.ts";
import { parseFlags } from "../../../cli/flags/parse_flags.ts";
import { embeddedFashionMnist } from "../../../data/mod.ts";
import { right } from "../../right.ts";
import { interruptedAt, type ProgramEnd } from "../../programs.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { lastLine, runExample, startExample } from "../evaluate/program.ts";
import { writeSmallIdx } from "../pretrain/program.ts";

const PROGRAM = "freezeout_classic.ts";

/** A hundred and sixty steps of an instant; the first layer freezes at step 35. */
const SHORT =
  "--depth 10 --epochs 40 --batch-size 20 --image-size 8 --t0 0.6 --lr 0.01 --backend onnx --threads 1"
    .split(" ");

interface Epoch {
  readonly epoch: number;
  readonly loss: number;
  readonly error: number;
}

/** Starts the program, stops it by Ctrl-C after its first epoch. */
const stoppedAfterAnEpoch = (args: readonly string[]): Promise<ProgramEnd> =>
  interruptedAt(startExample(PROGRAM, ...args), "stdout", "epoch 1 of");

Deno.test("freezeout_classic tells errors at 80 % and at the end, and goes on after Ctrl-C to the same epochs", () =>
  inFolder(async (folder) => {
    const data = await writeSmallIdx(join(folder, "data"), {
      train: 90,
      t10k: 30,
    });
    const flags = ["--data", data, "--validate-test", ...SHORT];
    const first = ["--output-dir", join(folder, "whole")];
    const whole = await runExample(PROGRAM, ...flags, ...first);
    strictEqual(whole.code, 0, whole.stderr);
    match(whole.stdout, /4 of 5 layers freeze, from step 35 of 160 on/);
    match(
      whole.stdout,
      /validation error: [\d.]+ % at 80 %, [\d.]+ % at the end, [\d.]+ % at best \(epoch \d+\)/,
    );
    const line = lastLine(whole);
    const epochs = line.epochs as readonly Epoch[];
    strictEqual(epochs.length, 40);
    deepStrictEqual(
      [line.at80, line.at100],
      [epochs[31]!.error, epochs[39]!.error],
    );
    deepStrictEqual([line.images, line.validation, line.steps], [90, 30, 160]);
    ok((line.predictedSaving as number) > 0.1);

    const run = join(folder, "run");
    const stopped = await stoppedAfterAnEpoch([...flags, "--output", run]);
    strictEqual(stopped.code, 130, stopped.stderr);
    match(stopped.stderr, /stopped after step \d+ of 160; checkpoint /);
    match(stopped.stderr, /go on with: .* --validate-test --resume \S+run /);
    const rest = await runExample(PROGRAM, ...flags, "--resume", run);
    strictEqual(rest.code, 0, rest.stderr);
    deepStrictEqual(lastLine(rest).epochs, epochs);
    const record = await Deno.readTextFile(join(run, "metrics.jsonl"));
    strictEqual(record.trimEnd().split("\n").length, 160);
    const other = await runExample(
      PROGRAM,
      ...[...flags, "--seed", "1", "--resume", run],
    );
    strictEqual(other.code, 2);
    match(other.stderr, /training\.seed: checkpoint 0, this run 1/);
  }));

Deno.test("freezeout_classic refuses what it cannot do before it begins", async () => {
  const images = await runExample(PROGRAM, "--validate-test");
  strictEqual(images.code, 2);
  match(images.stderr, /--validate-test: .*wanted images with a test part/);
  const depth = await runExample(PROGRAM, "--depth", "17");
  strictEqual(depth.code, 2);
  match(depth.stderr, /--depth: found 17, wanted /);
});

Deno.test("classic trains by FreezeOut's recipe unless flags say otherwise", async () => {
  const source = await embeddedFashionMnist();
  if (source._tag === "Left") throw new Error("unreadable");
  const configOf = async (...args: string[]) => {
    const values = right(parseFlags(CLASSIC_FLAGS, args));
    const settings = await classicSettings(values);
    return fittedTo(source.right, settings, values);
  };
  const plain = await configOf();
  deepStrictEqual([plain.model.imageSize, plain.model.inChannels], [28, 1]);
  deepStrictEqual(plain.optimizer, {
    _tag: "Sgd",
    momentum: 0.9,
    weightDecay: 1e-4,
  });
  deepStrictEqual([plain.rate.baseRate, plain.freeze.t0], [0.1, 0.8]);
  const adamw = await configOf("--optimizer", "adamw", "--lr-mode", "unscaled");
  deepStrictEqual([adamw.rate.baseRate, adamw.optimizer.weightDecay], [
    1e-3,
    1e-3,
  ]);
  deepStrictEqual(adamw.rate.mode, { _tag: "LayerWise", power: 0 });
  ok(
    !("clipGrad" in plain) &&
      !("clipGrad" in await configOf("--clip-grad", "0")),
  );
  strictEqual((await configOf("--clip-grad", "0.5")).clipGrad, 0.5);
  const star = await configOf("--lr", "0.001", "--weight-decay", "0.001");
  deepStrictEqual([star.rate.baseRate, star.optimizer.weightDecay], [
    1e-3,
    1e-3,
  ]);
});
