/**
 * Inputs of recorded steps of convolutional networks, and what is recorded of a tensor.
 *
 * @module
 */
import {
  convNetDropout,
  type ConvNetSpec,
  convNetTensors,
  sizeOf,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";

/** What is recorded of a tensor: its sum, its length, and its product with a cosine. */
export type Summary = readonly [sum: number, norm: number, wave: number];

/** The stream of `make.py`. */
function stream(): (count: number) => Float64Array {
  let state = 1;
  return (count) =>
    new Float64Array(count).map(() => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 31 - 1;
    });
}

/** A tensor of `make.py` from its noise. */
function fromNoise(
  name: string,
  shape: readonly number[],
  noise: Float64Array,
): Float64Array {
  if (shape.length > 1) {
    const deviation = Math.sqrt(3 / sizeOf(shape.slice(1)));
    return noise.map((v) => v * deviation);
  }
  return /(weight|var)$/.test(name)
    ? noise.map((v) => 1 + 0.3 * v)
    : noise.map((v) => 0.2 * v);
}

/** Inputs of a recorded step: tensors of the network, images, classes, and factors of dropout if it drops any. */
export function inputsOf(spec: ConvNetSpec, batch: number): NamedValues {
  const take = stream();
  const { parameters, statistics } = convNetTensors(spec);
  const byName = [...parameters, ...statistics].toSorted((a, b) =>
    a.name < b.name ? -1 : 1
  );
  const { inChannels, imageSize, classes } = spec;
  const tensors = byName.map(({ name, shape }) =>
    [name, fromNoise(name, shape, take(sizeOf(shape)))] as const
  );
  const targets = new Float64Array(batch * classes);
  for (let b = 0; b < batch; b++) targets[b * classes + b % classes] = 1;
  const images = take(batch * inChannels * imageSize ** 2);
  const { rate, units } = convNetDropout(spec);
  const dropout = take(batch * units)
    .map((v) => (v + 1) / 2 >= rate ? 1 / (1 - rate) : 0);
  return {
    ...Object.fromEntries(tensors),
    images,
    targets,
    ...units === 0 ? {} : { dropout },
  };
}

/** What is recorded of a tensor. */
export const summary = (values: Float64Array | Float32Array): Summary => {
  const numbers = Array.from(values);
  return [
    numbers.reduce((sum, v) => sum + v, 0),
    Math.hypot(...numbers),
    numbers.reduce((sum, v, i) => sum + v * Math.cos(i), 0),
  ];
};
