/** First values of parameters. */
import { type Shape, sizeOf } from "../graph/node.ts";
import { type Key, normals, split, uniforms } from "../random/random.ts";

/** Start of a parameter. */
export type Initializer =
  | { readonly _tag: "Zeros" }
  | { readonly _tag: "Ones" }
  | { readonly _tag: "Normal"; readonly deviation: number }
  | { readonly _tag: "Uniform"; readonly bound: number };

/** All 0. */
export const ZEROS: Initializer = { _tag: "Zeros" };

/** All 1. */
export const ONES: Initializer = { _tag: "Ones" };

/** Normal with mean 0. */
export const normal = (deviation: number): Initializer => ({
  _tag: "Normal",
  deviation,
});

/** Uniform in `±bound`. */
export const uniform = (bound: number): Initializer => ({
  _tag: "Uniform",
  bound,
});

/** Glorot and Bengio 2010, eq. 16. */
export const xavier = (fanIn: number, fanOut: number): Initializer =>
  uniform(Math.sqrt(6 / (fanIn + fanOut)));

/**
 * First values of one parameter.
 *
 * @returns As many numbers as the shape has, row-major.
 */
export function initialValues(
  parameter: { readonly shape: Shape; readonly init: Initializer },
  key: Key,
): Float32Array {
  const size = sizeOf(parameter.shape);
  const { init } = parameter;
  switch (init._tag) {
    case "Zeros":
      return new Float32Array(size);
    case "Ones":
      return new Float32Array(size).fill(1);
    case "Normal":
      return new Float32Array(
        normals(key, size).map((z) => init.deviation * z),
      );
    case "Uniform":
      return new Float32Array(
        uniforms(key, size).map((u) => init.bound * (2 * u - 1)),
      );
  }
}

/**
 * First values of several tensors. Each draws from a key of its own name: one more
 * tensor changes no other.
 *
 * @returns Values by name, row-major.
 */
export function initialTensors(
  tensors: readonly {
    readonly name: string;
    readonly shape: Shape;
    readonly init: Initializer;
  }[],
  key: Key,
): ReadonlyMap<string, Float32Array> {
  return new Map(
    tensors.map((tensor) => [
      tensor.name,
      initialValues(tensor, split(key, tensor.name)),
    ]),
  );
}
