import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import {
  type Graph,
  interpretGraph,
  localMimStages,
  MODEL_PRESETS,
  type ModelSpec,
  traceGraph,
} from "../../../../core/mod.ts";
import { hogTargets } from "../../../../core/models/targets/hog.ts";
import { between } from "../../../arbitraries.ts";
import {
  goldenTensors,
  largestDifference,
  numbersOf,
} from "../../../golden_files.ts";
import { right } from "../../../right.ts";
import { tensor } from "../../graph/arbitraries.ts";

/** Targets of the four stages, by the side of a cell in pixels. */
function targetGraph(spec: ModelSpec): Graph {
  return right(traceGraph((g) => {
    const { imageSize: side, inChannels, patchSize, stages } = spec;
    const images = g.input("images", [1, inChannels, side, side]);
    const targets = hogTargets(g, spec, images, stages);
    return Object.fromEntries(
      stages.map(({ scale }, k) => [`${patchSize / scale}`, targets[k] ?? -1]),
    );
  }));
}

const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/** A picture and its descriptors: exact ones by integer arithmetic, and those of ViTFreeze 30e80f9 in float32. */
const expected = goldenTensors("hog_expected.safetensors");
const picture = numbersOf(goldenTensors("hog_image.safetensors"), "rgb_u8_hwc");

/** The picture as `[1, 3, 224, 224]`. */
const planes = (level: (byte: number, channel: number) => number) =>
  Float64Array.from({ length: picture.length }, (_, i) => {
    const [channel, position] = [Math.floor(i / 224 ** 2), i % 224 ** 2];
    return level(picture[position * 3 + channel] ?? NaN, channel);
  });

const graph224 = targetGraph(MODEL_PRESETS["vit-b"]);
const INPUTS = {
  "raw bytes": planes((byte) => byte),
  "ImageNet's normalised float32": planes((byte, c) =>
    Math.fround(
      Math.fround(Math.fround(byte / 255) - Math.fround(MEAN[c]!)) /
        Math.fround(DEVIATION[c]!),
    )
  ),
};

for (const [what, images] of Object.entries(INPUTS)) {
  Deno.test(`hogTargets() of ${what} are the exact descriptors to 1e-5`, () => {
    const found = interpretGraph(graph224, { images });
    for (const pool of [4, 8, 16, 32]) {
      const wanted = numbersOf(expected, `exact.pool${pool}`);
      const difference = largestDifference(found[pool], wanted);
      ok(difference <= 1e-5, `cells of ${pool} pixels: ${difference}`);
    }
  });
}

Deno.test("hogTargets() differ from the reference's float32 only by its noise on flat gradients", () => {
  const images = INPUTS["ImageNet's normalised float32"];
  const found = interpretGraph(graph224, { images });
  for (const pool of [4, 8, 16, 32]) {
    const wanted = numbersOf(expected, `ref_f32.pool${pool}.rows`);
    const step = (224 / pool) ** 2 * 27 / wanted.length;
    const sum = wanted.reduce((sum, v, i) => {
      const [row, column] = [Math.floor(i / 27) * step, i % 27];
      return sum + Math.abs(v - found[pool]![row * 27 + column]!);
    }, 0);
    ok(sum / wanted.length < 2e-3, `${sum / wanted.length}`);
  }
});

Deno.test("hogTargets() of an image that was never quantised are the reference's to 1e-5", () => {
  const spec = { ...MODEL_PRESETS["vit-b"], imageSize: 96 };
  const found = interpretGraph(targetGraph(spec), {
    images: numbersOf(expected, "float96.image"),
  });
  for (const pool of [4, 8, 16, 32]) {
    const wanted = numbersOf(expected, `float96.pool${pool}`);
    ok(largestDifference(found[pool], wanted) <= 1e-5);
  }
});

Deno.test("hogTargets() of white are exactly 0 in every stage", () => {
  const images = planes((_, c) => Math.fround((1 - MEAN[c]!) / DEVIATION[c]!));
  for (const target of Object.values(interpretGraph(graph224, { images }))) {
    strictEqual(target.findIndex((v) => v !== 0), -1);
  }
});

/** Small pictures of two channels; with a patch of 14 a cell of the first stage is 3.5 pixels wide. */
const small = (patchSize: number): ModelSpec => ({
  ...MODEL_PRESETS["vit-b"],
  imageSize: 2 * patchSize,
  patchSize,
  inChannels: 2,
  stages: localMimStages(12),
});

for (const patchSize of [8, 14]) {
  const graph = targetGraph(small(patchSize));
  const side = 2 * patchSize;
  const images = tensor([1, 2, side, side]).map(({ values }) =>
    values.map((v) => Math.round(v * 64) / 64)
  );

  Deno.test(`hogTargets() with a patch of ${patchSize} have length 1 or 0 in each cell and channel`, () => {
    fc.assert(
      fc.property(images, (images) => {
        for (const target of Object.values(interpretGraph(graph, { images }))) {
          for (let start = 0; start < target.length; start += 9) {
            const length = Math.hypot(...target.subarray(start, start + 9));
            ok(length === 0 || Math.abs(length - 1) <= 1e-12);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  Deno.test(`hogTargets() with a patch of ${patchSize} ignore contrast and brightness`, () => {
    fc.assert(
      fc.property(
        images,
        between(0.5, 4),
        between(-3, 3),
        (images, contrast, brightness) => {
          const plain = interpretGraph(graph, { images });
          const moved = interpretGraph(graph, {
            images: images.map((v) => contrast * v + brightness),
          });
          for (const [name, target] of Object.entries(plain)) {
            ok(largestDifference(moved[name], target) <= 1e-9);
          }
        },
      ),
      { numRuns: 20 },
    );
  });
}

Deno.test("hogTargets() compute gradients once, on the finest cells that are asked for", () => {
  const spec = MODEL_PRESETS["vit-b"];
  const passes = (stages: ModelSpec["stages"]): readonly number[] =>
    targetGraph({ ...spec, stages }).nodes.flatMap((node) =>
      node.op === "hogCells" ? [node.attributes.cells] : []
    );
  strictEqual(passes(spec.stages).join(), "56");
  strictEqual(passes(spec.stages.slice(1)).join(), "28");
  strictEqual(passes(spec.stages.slice(3)).join(), "7");
  strictEqual(passes(spec.stages.toReversed()).join(), "56");
});
