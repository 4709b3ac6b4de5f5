/**
 * Where a linear probe begins.
 *
 * @module
 */
import {
  initialValues,
  type ProbeConfig,
  probeShapes,
  probeTensors,
  rootKey,
  sizeOf,
  split,
} from "../../core/mod.ts";
import type { TensorSnapshot } from "../stepped_training.ts";

/**
 * The moment before the first step: weights from `Normal(0, 0.01)`, biases and means
 * 0, variances 1.
 *
 * @param config The probe; its seed gives the weights.
 */
export function initialProbe(config: ProbeConfig): TensorSnapshot {
  const key = split(rootKey(config.seed), "probe");
  const { parameters, statistics } = probeTensors(config);
  const first = new Map(
    [...parameters, ...statistics].map((tensor) => [
      tensor.name,
      initialValues(tensor, key),
    ]),
  );
  const tensors = new Map(
    Object.entries(probeShapes(config)).map(([name, shape]) => [
      name,
      first.get(name) ?? new Float32Array(sizeOf(shape)),
    ]),
  );
  return { step: 0, tensors };
}
