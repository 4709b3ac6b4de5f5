/**
 * First values of a model's parameters.
 *
 * @module
 */
import { type Key, normals, split, uniforms } from "../random/random.ts";
import type { ModelSpec } from "../models/model_spec.ts";
import { type ParameterSpec, parameterSpecs } from "../models/parameters.ts";

/**
 * First values of one parameter.
 *
 * @param parameter Its shape and how it starts.
 * @param key Where the random ones come from.
 * @returns As many numbers as the shape has, row-major.
 */
export function initialValues(
  parameter: Pick<ParameterSpec, "shape" | "init">,
  key: Key,
): Float32Array {
  const size = parameter.shape.reduce((product, n) => product * n, 1);
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
 * First values of all parameters of a model, in the order of
 * {@link parameterSpecs}.
 *
 * Linear layers and the patch embedding start Xavier-uniform with bias 0,
 * convolutions uniform within `±1/√fanIn`, norms at 1 and 0, tokens normal with
 * deviation 0.02. Each tensor draws from a key of its own name: adding a stage
 * or a block changes no other tensor.
 *
 * @param spec Sizes of the model.
 * @param key Where the random values come from.
 * @returns Values by parameter name, row-major in PyTorch's layouts.
 *
 * @see Glorot and Bengio, Understanding the difficulty of training deep
 * feedforward neural networks, 2010, eq. 16.
 *
 * @example The same key, the same model
 * ```ts
 * import { initialParameters, MODEL_PRESETS, rootKey, split } from "@vitfreeze/vitfreeze/core";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const key = split(rootKey(0), "parameters");
 * const parameters = initialParameters(MODEL_PRESETS.nano, key);
 *
 * strictEqual(parameters.get("blocks.0.attn.qkv.weight")?.length, 3 * 64 * 64);
 * deepStrictEqual(initialParameters(MODEL_PRESETS.nano, key), parameters);
 * ```
 */
export function initialParameters(
  spec: ModelSpec,
  key: Key,
): ReadonlyMap<string, Float32Array> {
  return new Map(
    parameterSpecs(spec).map((parameter) => [
      parameter.name,
      initialValues(parameter, split(key, parameter.name)),
    ]),
  );
}
