/**
 * Numbers for every input of a model's graph.
 *
 * @module
 */
import {
  type ModelSpec,
  parameterSpecs,
  patchCount,
  randomMasking,
  rootKey,
  sizeOf,
  split,
  uniforms,
  visibleCount,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";

/** Numbers in `[−0.5, 0.5)` that a seed and a name determine. */
function centred(seed: number, name: string, count: number): Float64Array {
  return uniforms(split(rootKey(seed), name), count).map((v) => v - 0.5);
}

/**
 * Parameters, images and masks of a model.
 *
 * @param spec Sizes.
 * @param batch Images.
 * @param seed Other seeds, other numbers.
 */
export function randomInputs(
  spec: ModelSpec,
  batch: number,
  seed: number,
): NamedValues {
  const [L, side] = [patchCount(spec), spec.imageSize];
  const noise = centred(seed, "noise", batch * L);
  const masking = randomMasking(noise, L, visibleCount(spec));
  return {
    images: centred(seed, "images", batch * spec.inChannels * side ** 2),
    ...Object.fromEntries(
      Object.entries(masking).map((
        [name, values],
      ) => [name, Float64Array.from(values)]),
    ),
    ...Object.fromEntries(
      parameterSpecs(spec).map(({ name, shape }) => [
        name,
        centred(seed, name, sizeOf(shape)),
      ]),
    ),
  };
}
