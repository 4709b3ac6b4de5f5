import { Buffer } from "node:buffer";
import {
  deepStrictEqual,
  doesNotMatch,
  match,
  ok,
  strictEqual,
} from "node:assert/strict";
import {
  reconstructionPicture,
  type ReconstructionSample,
} from "../../plot/mod.ts";
import type { PictureImage } from "../../plot/png.ts";
import { drawnSize } from "../drawn_size.ts";
import sharp from "sharp";

const image: PictureImage = {
  width: 4,
  height: 4,
  channels: 1,
  pixels: Uint8Array.from({ length: 16 }, (_, i) => 16 * i),
};

/** One upright stroke in each of four cells. */
const upright = Array.from(
  { length: 4 * 9 },
  (_, i) => i % 9 === 4 ? 1 : 0,
);

const sample: ReconstructionSample = {
  image,
  patchMask: [1, 0, 0, 1],
  stages: [0, 1].map((index) => ({
    index,
    cells: 2,
    channels: 1,
    nbins: 9,
    target: upright,
    prediction: upright,
  })),
};

const AMBER = "#ffb347";
const GREY = "#77808f";

Deno.test("reconstructionPicture() shows the image, what is seen of it, and two panels a stage", async () => {
  const svg = await reconstructionPicture([sample, sample]);
  strictEqual([...svg.matchAll(/<image /g)].length, 4);
  strictEqual(
    [...svg.matchAll(/<g transform="translate\(/g)].length,
    2 * (2 + 4),
  );
  match(svg, /Stage 1 · 2×2 cells/);
  match(svg, /Stage 2 · 2×2 cells/);
});

Deno.test("reconstructionPicture() greys what the encoder does not see", async () => {
  const svg = await reconstructionPicture([sample]);
  match(svg, /d="M0 0h1v1h-1zM1 1h1v1h-1z"/);
});

Deno.test("reconstructionPicture() tells trained cells from seen ones", async () => {
  const svg = await reconstructionPicture([sample]);
  const strokes = (colour: string): readonly string[] =>
    [...svg.matchAll(new RegExp(`stroke="${colour}"[^>]* d="([^"]*)"`, "g"))]
      .map(([, path = ""]) => path);
  deepStrictEqual(strokes(AMBER), Array(2).fill("M10 20l0 -20M30 40l0 -20"));
  deepStrictEqual(strokes(GREY), Array(2).fill("M30 20l0 -20M10 40l0 -20"));
});

/** Pixels of the images in a picture, in the order in which they are drawn. */
const imagesIn = (svg: string): Promise<readonly number[][]> =>
  Promise.all(
    [...svg.matchAll(/href="data:image\/png;base64,([^"]*)"/g)].map(
      async ([, base64 = ""]) => [
        ...await sharp(Buffer.from(base64, "base64")).toColourspace("b-w")
          .raw().toBuffer(),
      ],
    ),
  );

const pixels: ReconstructionSample = {
  ...sample,
  stages: [{
    index: 0,
    cells: 4,
    picture: { ...image, pixels: image.pixels.map((level) => 255 - level) },
    isNormalised: true,
  }],
};

Deno.test("reconstructionPicture() puts predicted pixels into the hidden patches of the image", async () => {
  const svg = await reconstructionPicture([pixels]);
  const [own, , predicted, pasted] = await imagesIn(svg);
  const isHidden = (i: number): boolean =>
    (i % 4 < 2) === (Math.floor(i / 4) < 2);
  deepStrictEqual(
    pasted,
    own?.map((seen, i) => isHidden(i) ? predicted?.[i] : seen),
  );
  deepStrictEqual(predicted, own?.map((level) => 255 - level));
  // Greyed: what was hidden in one panel, what was seen in the other.
  match(svg, /d="M0 0h1v1h-1zM1 1h1v1h-1z"/);
  match(svg, /d="M1 0h1v1h-1zM0 1h1v1h-1z"/);
  doesNotMatch(svg, /HOG|not part of the loss/);
  await drawnSize(svg);
});

Deno.test("reconstructionPicture() says that contrast is given only where pixels are normalised", async () => {
  const [stage] = pixels.stages;
  const plain = { ...pixels, stages: [{ ...stage!, isNormalised: false }] };
  match(await reconstructionPicture([pixels]), /brightness and contrast/);
  doesNotMatch(await reconstructionPicture([plain]), /brightness and contrast/);
  const mixed = { ...sample, stages: [...sample.stages, ...pixels.stages] };
  const svg = await reconstructionPicture([mixed]);
  match(svg, /HOG target/);
  match(svg, /brightness and contrast/);
});

Deno.test("reconstructionPicture() is as wide as its stages and as high as its samples", async () => {
  const sizeOf = async (
    samples: readonly ReconstructionSample[],
  ): Promise<readonly number[]> => {
    const svg = await reconstructionPicture(samples);
    return /width="(\d+)" height="(\d+)"/.exec(svg)?.slice(1).map(Number) ?? [];
  };
  const [width = 0, height = 0] = await sizeOf([sample]);
  const [, twoRows = 0] = await sizeOf([sample, sample]);
  const [fewer = 0] = await sizeOf([{ ...sample, stages: [] }]);
  strictEqual(twoRows - height, 178);
  strictEqual(width - fewer, 2 * 2 * 178 + 2 * 16);
});

Deno.test("reconstructionPicture() of no samples is an empty picture, and short values draw nothing", async () => {
  match(await reconstructionPicture([]), /^<svg /);
  const [stage] = sample.stages;
  const short = stage === undefined || "picture" in stage
    ? []
    : [{ ...stage, prediction: [] }];
  const svg = await reconstructionPicture([{ ...sample, stages: short }]);
  doesNotMatch(svg, /NaN|undefined/);
});

Deno.test("reconstructionPicture() is well-formed: sharp can draw it", async () => {
  const svg = await reconstructionPicture([sample]);
  const { width } = await drawnSize(svg);
  ok(width > 100);
});
