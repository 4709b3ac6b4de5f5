import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { encode, waves } from "../../data/photographs.ts";
import { halves, maskFile, writeFiles } from "../../data/masks/mask_folders.ts";
import {
  lastLine,
  runExample,
  startExample,
  writeNano,
} from "../evaluate/program.ts";
import { writeSmallIdx } from "../pretrain/program.ts";
import { inFolder } from "../../train/temporary_folder.ts";

interface FoundStart {
  readonly start: string;
  readonly meanIoU: number;
  readonly interval: readonly [number, number];
  readonly pixelAccuracy: number;
  readonly byClass: readonly {
    readonly class: string;
    readonly iou: number | null;
    readonly are: number;
    readonly found: number;
  }[];
}

/** A folder of pictures that are bright where their mask is 1. */
async function writeBright(folder: string, count: number): Promise<string> {
  const files = [];
  for (let i = 0; i < count; i++) {
    const isFigure = (x: number, y: number): boolean =>
      Math.hypot(x - 8 - i % 16, y - 10 - i % 9) < 7;
    const mask = await maskFile(32, 32, (x, y) => isFigure(x, y) ? 1 : 0);
    const image = waves(32, 32);
    const pixels = image.pixels.map((level, at) => {
      const [x, y] = [Math.floor(at / 3) % 32, Math.floor(at / 96)];
      return isFigure(x, y) ? 155 + level / 3 : level / 3;
    });
    files.push(
      [`${i}.jpg`, await encode({ ...image, pixels }, "jpeg")] as const,
    );
    files.push([`${i}.png`, mask] as const);
  }
  await writeFiles(folder, files);
  return folder;
}

const segment = (...args: readonly string[]) =>
  runExample("segment.ts", ...args, "--backend", "onnx");

Deno.test("segment.ts judges three starts by the same pixels, finds what is easy, and writes page, JSON and picture", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    const data = await writeBright(`${folder}/data`, 40);
    const out = `${folder}/out`;
    const end = await segment(
      ...[encoder, "--data", data, "--output-dir", out],
      ...["--classes", "ground,figure"],
    );
    strictEqual(end.code, 0, end.stderr);
    const { segmentations, gains, files, ...found } = lastLine(end) as {
      readonly segmentations: readonly FoundStart[];
      readonly gains: readonly {
        readonly over: string;
        readonly gain: number;
      }[];
      readonly files: readonly string[];
      readonly images: number;
      readonly queries: number;
      readonly mostFrequent: { readonly meanIoU: number };
    };
    deepStrictEqual([found.images, found.queries], [32, 8]);
    deepStrictEqual(segmentations.map(({ start }) => start), [
      ...["trained", "untrained", "pixels"],
    ]);
    for (const { meanIoU, interval, byClass } of segmentations) {
      ok(interval[0] <= meanIoU && meanIoU <= interval[1]);
      deepStrictEqual(byClass.map((one) => one.class), ["ground", "figure"]);
      const own = byClass.reduce((sum, one) => sum + (one.iou ?? NaN), 0) / 2;
      ok(Math.abs(meanIoU - own) < 1e-12);
      // Bright on dark is found from plain pixels already.
      ok(meanIoU > 0.6 && meanIoU > found.mostFrequent.meanIoU + 0.1);
    }
    // The encoder that is judged has not been trained either.
    strictEqual(gains.find(({ over }) => over === "untrained")?.gain, 0);
    match(end.stdout, /^mean IoU: \+0\.0 points .* over untrained weights; /m);
    deepStrictEqual(
      files.map((file) => file.slice(out.length + 1)),
      ["segmentation.html", "segmentation.json", "segmentation.svg"],
    );
    const sheet = await Deno.readTextFile(`${out}/segmentation.svg`);
    // Each picture beside its mask and three segmentations.
    strictEqual(sheet.match(/<image /g)?.length, 8 * 5);
  }));

Deno.test("segment.ts makes masks of pictures in idx files, and refuses others for them", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    const data = await writeSmallIdx(`${folder}/data`, { train: 60, t10k: 20 });
    const end = await segment(
      ...[encoder, "--data", data, "--output-dir", folder],
      ...["--patches", "6", "--taps", "all", "--figures", "class"],
    );
    strictEqual(end.code, 0, end.stderr);
    match(end.stdout, /^masks: the class of the picture from level 32 of 255/m);
    const { patches, classes } = lastLine(end) as {
      readonly patches: number;
      readonly classes: readonly string[];
    };
    strictEqual(patches, 6);
    deepStrictEqual(classes.slice(0, 2), ["ground", "T-shirt/top"]);
    const refused = await segment(encoder, "--data", data, "--masks", folder);
    strictEqual(refused.code, 2);
    match(refused.stderr, /^--masks: found .*, wanted none with these images/);
  }));

Deno.test("segment.ts refuses masks that say too much, or are none, by name and before anything is computed", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    const names = ["a", "b", "c", "d", "e", "f"];
    const data = `${folder}/data`;
    const pairs = names.flatMap((name) => [`${name}.jpg`, `${name}.png`]);
    await writeFiles(data, pairs);
    const refusal = async (...args: readonly string[]): Promise<string> => {
      const end = await segment(encoder, "--data", data, ...args);
      strictEqual(end.code, 2, end.stdout);
      ok(!/^device:/m.test(end.stdout));
      return end.stderr;
    };
    await writeFiles(data, [["b.png", await maskFile(12, 10, (x) => x)]]);
    match(
      await refusal("--classes", "2"),
      /^--classes: found number 2 in .*b\.png, wanted numbers from 0 to 1/,
    );
    await writeFiles(data, [["c.png", await halves(4, 4)]]);
    match(await refusal(), /c\.png: found a mask of 4×4 pixels, wanted 12×10/);
    for (const name of names) await Deno.remove(`${data}/${name}.png`);
    match(await refusal(), /found 6 images and no mask of any/);
  }));

Deno.test("segment.ts stops on Ctrl-C, and says so in its last line", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    const sizes = { train: 700, t10k: 20 };
    const data = await writeSmallIdx(`${folder}/data`, sizes);
    const program = startExample(
      ...["segment.ts", encoder, "--data", data] as const,
      ...["--output-dir", folder, "--backend", "wasm"],
    );
    const out = program.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    let text = "";
    while (!/^device: /m.test(text)) text += (await out.read()).value ?? "";
    program.kill("SIGINT");
    for (;;) {
      const { value, done } = await out.read();
      if (done) break;
      text += value;
    }
    await program.stderr.cancel();
    strictEqual((await program.status).code, 130);
    const { interrupted } = JSON.parse(text.trimEnd().split("\n").at(-1) ?? "");
    strictEqual(interrupted, true);
  }));
