import {
  deepStrictEqual,
  match,
  notStrictEqual,
  strictEqual,
} from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { classicImages } from "../../../cli/classic/classic_images.ts";
import { askedComparison } from "../../../cli/compare/compare_flags.ts";
import { openExperiment } from "../../../cli/compare/trial_folder.ts";
import { experimentImages } from "../../../cli/compare/experiment_images.ts";
import { evaluationImages } from "../../../cli/evaluate/evaluated_encoder.ts";
import { endOf } from "../command/end_of.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { runExample } from "../evaluate/program.ts";
import { pretrain } from "../pretrain/program.ts";

const SIDE = 16;

/** A picture of one colour whose left half is transparent. */
async function halfSeen(shade: number): Promise<Uint8Array> {
  const pixels = Uint8Array.from(
    { length: 4 * SIDE * SIDE },
    (_, i) => [shade, 90, 10, Math.floor(i / 4) % SIDE < 8 ? 0 : 255][i % 4]!,
  );
  const raw = { width: SIDE, height: SIDE, channels: 4 } as const;
  return new Uint8Array(await sharp(pixels, { raw }).png().toBuffer());
}

/** Two classes of eight pictures. */
async function writePictures(folder: string): Promise<string> {
  for (const name of ["a", "b"]) {
    await Deno.mkdir(join(folder, name), { recursive: true });
    for (let i = 0; i < 8; i++) {
      const bytes = await halfSeen(16 * i);
      await Deno.writeFile(join(folder, name, `${i}.png`), bytes);
    }
  }
  return folder;
}

const SMALL = [
  ...["--model", "nano", "--image-size", "16", "--patch-size", "4"],
  ...["--batch-size", "4", "--accum-iter", "1", "--warmup-epochs", "0"],
  ...["--backend", "wasm", "--judge", "never", "--val-share", "0.25"],
];

const imagesOf = async (run: string) =>
  JSON.parse(await Deno.readTextFile(join(run, "images.json")));

/** Losses of all steps. */
async function lossesOf(run: string): Promise<string> {
  const text = await Deno.readTextFile(join(run, "metrics.jsonl"));
  return JSON.stringify(
    text.trimEnd().split("\n").map((line) => JSON.parse(line).stageLosses),
  );
}

Deno.test("pretrain blends onto the mean, says so, and goes on with what a run had", () =>
  inFolder(async (folder) => {
    const data = await writePictures(join(folder, "data"));
    const run = join(folder, "run");
    const begun = await pretrain(
      ...["--data", data, "--epochs", "1", "--output-dir", run, ...SMALL],
    );
    strictEqual(begun.code, 0, begun.stderr);
    match(
      begun.stdout + begun.stderr,
      /^images: .*; 12 of them with an alpha channel, blended onto the mean colour \(124, 116, 104\)$/m,
    );
    strictEqual((await imagesOf(run)).background, "mean");
    const { background } = await evaluationImages(run, {});
    strictEqual(background, "mean");
    const more = ["--resume", run, "--allow-schedule-change", "--epochs", "2"];
    const other = await pretrain(
      ...[...more, "--background", "none", "--backend", "wasm"],
    );
    strictEqual(other.code, 2);
    match(
      other.stderr,
      /Cannot go on with that run: --background: found none, wanted mean, as it had/,
    );
    const onWhite = join(folder, "white");
    const white = await pretrain(
      ...["--data", data, "--epochs", "1", "--output-dir", onWhite, ...SMALL],
      ...["--background", "white", "--workers", "1"],
    );
    strictEqual(white.code, 0, white.stderr);
    notStrictEqual(await lossesOf(run), await lossesOf(onWhite));
  }));

Deno.test("pretrain goes on without blending where a run is from before it, and knn sees the same", () =>
  inFolder(async (folder) => {
    const data = await writePictures(join(folder, "data"));
    const run = join(folder, "run");
    const common = ["--data", data, ...SMALL];
    const plain = ["--background", "none"];
    const begun = await pretrain(
      ...[...common, ...plain, "--epochs", "1", "--output-dir", run],
    );
    strictEqual(begun.code, 0, begun.stderr);
    const { background, ...before } = await imagesOf(run);
    strictEqual(background, "none");
    await Deno.writeTextFile(
      join(run, "images.json"),
      JSON.stringify(before),
    );
    const went = await pretrain(
      ...["--resume", run, "--allow-schedule-change", "--epochs", "2"],
      ...["--backend", "wasm", "--judge", "never"],
    );
    strictEqual(went.code, 0, went.stderr);
    match(
      went.stdout + went.stderr,
      /^images: .*; 12 of them with an alpha channel, alpha dropped$/m,
    );
    strictEqual((await imagesOf(run)).background, "none");
    const judge = (...flags: string[]) =>
      runExample(
        ...["knn.ts", run, "--data", data, "--backend", "wasm"] as const,
        ...["--val-share", "0.25", "--no-untrained", ...flags],
      );
    const own = await judge();
    strictEqual(own.code, 0, own.stderr);
    match(own.stdout + own.stderr, /^learns from: .*, alpha dropped$/m);
    const other = await judge("--background", "black");
    match(
      other.stdout + other.stderr,
      /^learns from: .*, blended onto black \(0, 0, 0\)$/m,
    );
  }));

Deno.test("classicImages() lie on the background that is asked for", () =>
  inFolder(async (folder) => {
    const data = await writePictures(join(folder, "data"));
    const choice = { data, limit: null, background: "white" } as const;
    const { train, validation } = await classicImages(choice, false);
    deepStrictEqual([train.background, validation.background], [
      "white",
      "white",
    ]);
  }));

Deno.test("an experiment keeps the background of its images, and refuses another", () =>
  inFolder(async (folder) => {
    const data = await writePictures(join(folder, "data"));
    const asked = { data, limit: 10, labels: 5 };
    const { experiment: blended } = await askedComparison(asked);
    const { experiment: plain } = await askedComparison({
      ...asked,
      background: "none",
    });
    const { source, train, validation } = await experimentImages(blended);
    deepStrictEqual(
      [source, train, validation].map(({ background }) => background),
      ["mean", "mean", "mean"],
    );
    const path = join(folder, "compare");
    strictEqual(await openExperiment(path, plain, true), false);
    strictEqual(await openExperiment(path, plain, true), true);
    match(
      (await endOf(() => openExperiment(path, blended, true))).message,
      /another experiment: background was "none", now "mean"/,
    );
  }));

Deno.test("askedComparison() takes the embedded images as they are", async () => {
  const { experiment } = await askedComparison({});
  strictEqual(experiment.background, "none");
});
