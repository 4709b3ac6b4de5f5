/**
 * An encoder before its first step, for comparison.
 *
 * @module
 */
import { initialValues, rootKey, split } from "../../core/mod.ts";
import {
  encoderParameters,
  type HostTensors,
  type OpenedEncoder,
} from "../../train/mod.ts";

/**
 * The first values that an encoder's seed gives, with its own positions: what
 * pre-training began with, where it began from the seed.
 *
 * @param encoder The encoder; seed 0 stands for one that is not known.
 */
export function untrainedEncoder(
  { model, parameters, seed = 0 }: OpenedEncoder,
): HostTensors {
  const key = split(rootKey(seed), "parameters");
  const first = encoderParameters(model).map((parameter) =>
    [
      parameter.name,
      initialValues(parameter, split(key, parameter.name)),
    ] as const
  );
  return new Map([...parameters, ...first]);
}
