import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  convNetStepGraph,
  convNetTensors,
  cutAtRankSums,
  interpretGraph,
  rootKey,
  sizeOf,
  split,
  uniforms,
} from "../../../core/mod.ts";
import type {
  ConvNetFamily,
  ConvNetSpec,
} from "../../../core/models/convnet_spec.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import { right } from "../../right.ts";
import { added, runOnRanks } from "../graph/run_on_ranks.ts";

const IMAGES = 6;

const SIZES = { imageSize: 8, inChannels: 1, classes: 3 };

const SPECS: { readonly [Family in ConvNetFamily]: ConvNetSpec } = {
  wideResNet: { family: "wideResNet", depth: 10, width: 1, ...SIZES },
  resNet: { family: "resNet", depth: 8, width: 1, ...SIZES },
  denseNet: {
    ...{ family: "denseNet", depth: 10, growthRate: 2, reduction: 0.5 },
    ...SIZES,
  },
  vgg: {
    ...{ family: "vgg", depth: 11, channels: 2, dropout: 0 },
    ...{ ...SIZES, imageSize: 32 },
  },
};

const numbers = (name: string, count: number): Float64Array =>
  uniforms(split(rootKey(5), name), count).map((v) => v - 0.5);

/** Weights, and running statistics that are not those of the images. */
const tensorsOf = (spec: ConvNetSpec): NamedValues => {
  const { parameters, statistics } = convNetTensors(spec);
  return Object.fromEntries(
    [...parameters, ...statistics].map(({ name, shape }) => [
      name,
      numbers(name, sizeOf(shape)).map((v) =>
        /(weight|var)$/.test(name) && shape.length === 1 ? 1 + v : v
      ),
    ]),
  );
};

/** Images and classes from one place on. */
function imagesOf(
  { imageSize, classes }: ConvNetSpec,
  from: number,
  count: number,
): NamedValues {
  const pixels = imageSize ** 2;
  const targets = new Float64Array(count * classes);
  for (let i = 0; i < count; i++) {
    targets[i * classes + (from + i) % classes] = 1;
  }
  const images = numbers("images", IMAGES * pixels);
  return {
    images: images.slice(from * pixels, (from + count) * pixels),
    targets,
  };
}

/** Outputs of every rank, of which each has a part of the images. */
function onRanks(
  spec: ConvNetSpec,
  firstTrained: number,
  parts: readonly number[],
): readonly NamedValues[] {
  const tensors = tensorsOf(spec);
  const graphs = parts.map((batch) => {
    const shared = { ranks: Math.max(2, parts.length), samples: IMAGES };
    return right(convNetStepGraph({ ...spec, batch, firstTrained, ...shared }));
  });
  const given = parts.map((count, rank) => {
    const from = parts.slice(0, rank).reduce((a, b) => a + b, 0);
    return { ...tensors, ...imagesOf(spec, from, count) };
  });
  return runOnRanks(graphs.map(cutAtRankSums), given);
}

const assertClose = (
  name: string,
  found: Float64Array | undefined,
  wanted: Float64Array,
): void => {
  strictEqual(found?.length, wanted.length);
  wanted.forEach((v, i) =>
    ok(Math.abs(v - (found?.[i] ?? NaN)) < 1e-10, `${name}[${i}]`)
  );
};

for (const family of ["wideResNet", "resNet", "denseNet", "vgg"] as const) {
  for (const firstTrained of [0, 1, 2, 4]) {
    Deno.test(`convNetStepGraph() of a ${family} on 1, 2 and 3 ranks with ${firstTrained} frozen layers learns what one process does`, () => {
      const spec = SPECS[family];
      const step = { ...spec, batch: IMAGES, firstTrained };
      const wanted = interpretGraph(
        right(convNetStepGraph(step)),
        { ...tensorsOf(spec), ...imagesOf(spec, 0, IMAGES) },
      );
      for (const parts of [[6], [3, 3], [5, 1], [1, 2, 3]]) {
        const found = onRanks(spec, firstTrained, parts);
        for (const [name, values] of Object.entries(wanted)) {
          const own = found.map((outputs) => outputs[name]!);
          const isSum = name === "loss" || name.startsWith("gradient/");
          for (const rank of isSum ? [added(own)] : own) {
            assertClose(`${name} of ${parts}`, rank, values);
          }
        }
        deepStrictEqual(
          Object.keys(found[0] ?? {}).toSorted(),
          Object.keys(wanted).toSorted(),
        );
      }
    });
  }
}

Deno.test("convNetStepGraph() of one rank has no sums over ranks, of several one each way for each normalisation that learns", () => {
  const spec = { ...SPECS.wideResNet, batch: 2 };
  const sums = (firstTrained: number, ranks: number): number =>
    right(convNetStepGraph({ ...spec, firstTrained, ranks })).nodes
      .filter(({ op }) => op === "rankSum").length;
  deepStrictEqual([0, 1, 2, 4].map((first) => sums(first, 1)), [0, 0, 0, 0]);
  // Seven, seven, five and one normalisation learn; the first behind the frozen layers has no way back.
  deepStrictEqual([0, 1, 2, 4].map((first) => sums(first, 2)), [14, 13, 9, 1]);
});

Deno.test("convNetStepGraph() of several ranks gives the same running statistics on each, to the bit", () => {
  const spec = SPECS.wideResNet;
  const found = onRanks(spec, 0, [1, 2, 3]);
  for (const { name } of convNetTensors(spec).statistics) {
    const [first, ...others] = found.map((outputs) => outputs[name]);
    others.forEach((other) => deepStrictEqual(other, first));
  }
});
