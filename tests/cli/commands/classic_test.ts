import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  CLASSIC_FLAGS,
  classicConfig,
} from "../../../cli/classic/classic_flags.ts";
import {
  EMPTY_RECORD,
  errorTable,
  measuredSaving,
  withEpoch,
  withStep,
} from "../../../cli/classic/run_record.ts";
import { parseFlags } from "../../../cli/flags/parse_flags.ts";
import { embeddedFashionMnist } from "../../../data/mod.ts";
import type { StepReport } from "../../../train/mod.ts";
import { right } from "../../right.ts";
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
async function stoppedAfterAnEpoch(
  args: readonly string[],
): Promise<{ readonly code: number; readonly stderr: string }> {
  const child = startExample(PROGRAM, ...args);
  const errors = new Response(child.stderr).text();
  const decoder = new TextDecoder();
  let said = "";
  for await (const bytes of child.stdout) {
    const before = said.includes("epoch 1 of");
    said += decoder.decode(bytes);
    if (!before && said.includes("epoch 1 of")) child.kill("SIGINT");
  }
  const { code } = await child.status;
  return { code, stderr: await errors };
}

Deno.test("freezeout_classic tells errors at 80 % and at the end, and goes on after Ctrl-C to the same epochs", () =>
  inFolder(async (folder) => {
    const data = await writeSmallIdx(join(folder, "data"), {
      train: 90,
      t10k: 30,
    });
    const flags = ["--data", data, "--validate-test", ...SHORT];
    const whole = await runExample(PROGRAM, ...flags);
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
    match(stopped.stderr, /stopped after step \d+ of 160; go on with --resume/);
    const rest = await runExample(PROGRAM, ...flags, "--resume", run);
    strictEqual(rest.code, 0, rest.stderr);
    deepStrictEqual(lastLine(rest).epochs, epochs);
    const other = await runExample(
      PROGRAM,
      ...[...flags, "--seed", "1", "--resume", run],
    );
    strictEqual(other.code, 2);
    match(other.stderr, /other training: training\.seed was 0, now 1/);
  }));

Deno.test("freezeout_classic refuses what it cannot do before it begins", async () => {
  const end = await runExample(PROGRAM, "--validate-test", "--depth", "17");
  strictEqual(end.code, 2);
  match(end.stderr, /--validate-test: .*wanted images with a test part/);
});

Deno.test("classicConfig() is FreezeOut's recipe unless flags say otherwise", async () => {
  const source = await embeddedFashionMnist();
  if (source._tag === "Left") throw new Error("unreadable");
  const configOf = (...args: string[]) =>
    classicConfig(right(parseFlags(CLASSIC_FLAGS, args)), source.right);
  const plain = configOf();
  deepStrictEqual([plain.model.imageSize, plain.model.inChannels], [28, 1]);
  deepStrictEqual(plain.optimizer, {
    _tag: "Sgd",
    momentum: 0.9,
    weightDecay: 1e-4,
  });
  deepStrictEqual([plain.rate.baseRate, plain.freeze.t0], [0.1, 0.8]);
  const adamw = configOf("--optimizer", "adamw", "--lr-mode", "unscaled");
  deepStrictEqual([adamw.rate.baseRate, adamw.optimizer.weightDecay], [
    1e-3,
    1e-3,
  ]);
  deepStrictEqual(adamw.rate.mode, { _tag: "LayerWise", power: 0 });
  ok(!("clipGrad" in plain) && !("clipGrad" in configOf("--clip-grad", "0")));
  strictEqual(configOf("--clip-grad", "0.5").clipGrad, 0.5);
  const star = configOf("--lr", "0.001", "--weight-decay", "0.001");
  deepStrictEqual([star.rate.baseRate, star.optimizer.weightDecay], [
    1e-3,
    1e-3,
  ]);
});

const report = (frozenLayers: number, milliseconds: number): StepReport => ({
  ...{ step: 0, epoch: 0, phase: 0, frozenLayers, liveStages: [0] },
  ...{ rates: [], unfrozenRate: 0, loss: 2, stageLosses: {}, gradientNorm: 1 },
  images: 4,
  // Waiting for images and compiling are no work.
  milliseconds: {
    ...{ data: 7, gradient: milliseconds, update: 0, compile: 5 },
    total: milliseconds + 12,
  },
});

Deno.test("errorTable() reads the epoch at 80 % of the run, the last and the first of the best", () => {
  const errors = [0.5, 0.3, 0.2, 0.4, 0.2];
  const record = errors.reduce(
    (before, error) => withEpoch(withStep(before, report(0, 1)), error, 0),
    EMPTY_RECORD,
  );
  deepStrictEqual(errorTable(record.epochs), {
    at80: 0.4,
    at100: 0.2,
    best: 0.2,
    bestEpoch: 3,
  });
  deepStrictEqual(record.epochs.map(({ loss }) => loss), [2, 2, 2, 2, 2]);
});

Deno.test("measuredSaving() compares medians of phases, whatever single steps took", () => {
  const times = [[0, 10], [0, 10], [0, 990], [2, 5], [2, 5], [2, 700]] as const;
  const record = times.reduce(
    (before, [frozen, time]) => withStep(before, report(frozen, time)),
    EMPTY_RECORD,
  );
  strictEqual(measuredSaving(record), 0.25);
  strictEqual(record.step, 6);
});
