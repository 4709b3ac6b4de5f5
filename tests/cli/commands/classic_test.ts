import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  CLASSIC_FLAGS,
  classicSettings,
  fittedTo,
} from "../../../cli/classic/classic_flags.ts";
import { calcSpeedup, denseNetCosts } from "../../../core/mod.ts";
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

Deno.test("freezeout_classic trains a DenseNet and tells FreezeOut's own estimate beside ours", () =>
  inFolder(async (folder) => {
    const data = await writeSmallIdx(join(folder, "data"), {
      train: 90,
      t10k: 30,
    });
    const flags =
      "--family densenet --depth 10 --growth-rate 2 --epochs 2 --batch-size 20 --image-size 8 --backend cpu"
        .split(" ");
    const run = join(folder, "run");
    const first = await runExample(
      PROGRAM,
      ...["--data", data, ...flags, "--output-dir", run],
    );
    strictEqual(first.code, 0, first.stderr);
    match(
      first.stdout,
      /network: denseNet-BC 10 with growth rate 2 on 8² pixels, [\d,]+ parameters/,
    );
    match(
      first.stdout,
      /[\d.]+ % of the operations saved \(([\d.]+) % of the time by FreezeOut's own estimate\)/,
    );
    const line = lastLine(first);
    const costs = denseNetCosts(2, 1);
    strictEqual(
      line.freezeOutEstimate,
      calcSpeedup(costs, { t0: 0.8, scale: "cubic" }),
    );
    const other = await runExample(
      PROGRAM,
      ...["--family", "resnet", "--resume", run],
    );
    strictEqual(other.code, 2);
    match(
      other.stderr,
      /model\.family: checkpoint "denseNet", this run "resNet"/,
    );
  }));

Deno.test("freezeout_classic trains a VGG, on images of 32 pixels unless told otherwise", () =>
  inFolder(async (folder) => {
    const data = await writeSmallIdx(join(folder, "data"), {
      train: 90,
      t10k: 30,
    });
    const flags =
      "--family vgg --channels 2 --epochs 1 --batch-size 20 --backend cpu";
    const run = await runExample(
      PROGRAM,
      ...["--data", data, ...flags.split(" ")],
      ...["--output-dir", join(folder, "run")],
    );
    strictEqual(run.code, 0, run.stderr);
    match(
      run.stdout,
      /network: vgg 11 with 2 to 16 channels, dropout 0.5 on 32/,
    );
    strictEqual(lastLine(run).freezeOutEstimate, null);
  }));

Deno.test("freezeout_classic refuses sizes that another family has, and images that do not fit", async () => {
  const refusals = {
    "--family vgg --image-size 28":
      /--image-size: found 28, wanted a multiple of 32/,
    "--family densenet --width 2":
      /--width: found 2, wanted --family wide-resnet or resnet beside it: a densenet has no such size/,
  };
  for (const [flags, message] of Object.entries(refusals)) {
    const run = await runExample(PROGRAM, ...flags.split(" "));
    strictEqual(run.code, 2, flags);
    match(run.stderr, message);
  }
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
  const families = ["resnet", "densenet", "vgg"];
  const models = await Promise.all(
    families.map(async (family) => (await configOf("--family", family)).model),
  );
  const of = { inChannels: 1, classes: 10 };
  deepStrictEqual(models, [
    { family: "resNet", depth: 14, width: 1, imageSize: 28, ...of },
    {
      ...{ family: "denseNet", depth: 22, growthRate: 12, reduction: 0.5 },
      ...{ imageSize: 28, ...of },
    },
    {
      ...{ family: "vgg", depth: 11, channels: 8, dropout: 0.5 },
      ...{ imageSize: 32, ...of },
    },
  ]);
  const star = await configOf("--lr", "0.001", "--weight-decay", "0.001");
  deepStrictEqual([star.rate.baseRate, star.optimizer.weightDecay], [
    1e-3,
    1e-3,
  ]);
});
