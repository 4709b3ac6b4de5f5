/**
 * What the sizes of a model must keep with each other.
 *
 * @module
 */
import type { Fault } from "../result.ts";
import { MODEL_LIMITS } from "./model_limits.ts";
import {
  gridSize,
  type ModelSpec,
  patchCount,
  visibleCount,
} from "./model_spec.ts";

const inconsistent = (
  holds: boolean,
  path: string,
  found: unknown,
  wanted: string,
): readonly Fault[] =>
  holds ? [] : [{ _tag: "Inconsistent", path, found, wanted }];

const multiple = (
  path: "imageSize" | "embedDim" | "decoderEmbedDim",
  divisor: number,
  name: string,
) =>
(spec: ModelSpec): readonly Fault[] =>
  inconsistent(
    spec[path] % divisor === 0,
    path,
    spec[path],
    `a multiple of ${divisor} (${name})`,
  );

const widths = (spec: ModelSpec): readonly Fault[] => {
  const finest = Math.max(...spec.stages.map(({ scale }) => scale));
  return [
    multiple("imageSize", spec.patchSize, "patchSize"),
    multiple("embedDim", 4, "position table"),
    multiple("embedDim", spec.numHeads, "numHeads"),
    multiple("decoderEmbedDim", 4, "position table"),
    multiple("decoderEmbedDim", spec.decoderNumHeads, "decoderNumHeads"),
    ...(finest > 4
      ? [multiple("decoderEmbedDim", finest, "head of the finest stage")]
      : []),
  ].flatMap((check) => check(spec));
};

const hiddenWidth = (spec: ModelSpec): readonly Fault[] =>
  inconsistent(
    Number.isInteger(spec.mlpRatio * spec.embedDim),
    "mlpRatio",
    spec.mlpRatio,
    "a ratio that makes mlpRatio · embedDim a whole number",
  );

const taps = ({ stages, depth }: ModelSpec): readonly Fault[] =>
  stages.flatMap(({ tap }, k) => {
    const previous = stages[k - 1]?.tap ?? -1;
    const last = k === stages.length - 1;
    return inconsistent(
      tap > previous && (last ? tap === depth - 1 : tap < depth),
      `stages[${k}].tap`,
      tap,
      last
        ? `${
          depth - 1
        }, the last block: blocks behind the last tap learn nothing`
        : `a block after ${previous} and before ${depth}, taps go from shallow to deep`,
    );
  });

const lastWeight = ({ stages }: ModelSpec): readonly Fault[] =>
  inconsistent(
    (stages.at(-1)?.weight ?? 0) > 0,
    `stages[${stages.length - 1}].weight`,
    stages.at(-1)?.weight,
    "more than 0: the last stage outlives the others",
  );

const cells = (spec: ModelSpec): readonly Fault[] =>
  spec.stages.flatMap(({ scale }, k) => [
    ...inconsistent(
      scale <= spec.patchSize,
      "patchSize",
      spec.patchSize,
      `at least ${scale}, the cells along a patch that stages[${k}] predicts (scale)`,
    ),
    ...inconsistent(
      scale >= 1 || gridSize(spec) % 2 === 0,
      "imageSize",
      spec.imageSize,
      `a multiple of ${
        2 * spec.patchSize
      }: cells of stages[${k}] are 2 × 2 patches (scale ½)`,
    ),
  ]);

const patches = (spec: ModelSpec): readonly Fault[] =>
  inconsistent(
    patchCount(spec) <= MODEL_LIMITS.patches,
    "imageSize",
    spec.imageSize,
    `at most ${MODEL_LIMITS.patches} patches of ${spec.patchSize} pixels (patchSize)`,
  );

const masking = (spec: ModelSpec): readonly Fault[] => {
  const [all, visible] = [patchCount(spec), visibleCount(spec)];
  return inconsistent(
    visible >= 1 && visible < all,
    "maskRatio",
    spec.maskRatio,
    `a ratio that leaves 1 to ${all - 1} of ${all} patches visible`,
  );
};

/**
 * What is wrong with a model whose fields are each in their range.
 *
 * @param spec Sizes of the model.
 * @returns Faults with paths that start at the model; none if the model can be built.
 */
export function modelConstraints(spec: ModelSpec): readonly Fault[] {
  const grid = gridSize(spec);
  return [
    ...widths(spec),
    ...hiddenWidth(spec),
    ...taps(spec),
    ...lastWeight(spec),
    ...(Number.isInteger(grid)
      ? [...patches(spec), ...cells(spec), ...masking(spec)]
      : []),
  ];
}
