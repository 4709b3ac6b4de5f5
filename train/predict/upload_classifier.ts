/** A classifier on a device. */
import type { Backend, DeviceTensors } from "../../backends/mod.ts";
import { imageClassifierParameters } from "../../core/mod.ts";
import { uploadAll } from "../engine/tensors.ts";
import type { OpenedClassifier } from "../weights/classifier/classifier_parts.ts";

/**
 * Copies a classifier to a device.
 *
 * @returns Its parameters by name; they become the caller's.
 */
export function uploadClassifier(
  backend: Backend,
  classifier: OpenedClassifier,
): DeviceTensors {
  const { parameters } = classifier;
  const named = imageClassifierParameters(classifier).map(({ name, shape }) =>
    [name, { shape, data: parameters.get(name) ?? new Float32Array() }] as const
  );
  return uploadAll(backend, Object.fromEntries(named));
}
