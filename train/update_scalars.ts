/**
 * The numbers of an optimizer's step.
 *
 * @module
 */
import { uploadAll } from "./engine/tensors.ts";
import type { Backend, DeviceTensors } from "../backends/backend.ts";
import {
  CLIP_INPUT,
  clipFactor,
  type ClippingConfig,
  corrections,
  type Updated,
  type UpdateRule,
} from "../core/mod.ts";

/** What of a configuration determines an optimizer's step. */
export interface UpdateConfig extends ClippingConfig {
  /** The update rule. */
  readonly optimizer: UpdateRule;
}

/**
 * How the gradients of a step are clipped, for every parameter that it moves.
 *
 * @param config Whether they are.
 */
export function clippedBy(
  { clipGrad }: ClippingConfig,
): Pick<Updated, "clip"> {
  return clipGrad === undefined ? {} : { clip: CLIP_INPUT };
}

/** What of a step determines its update, beside the gradients themselves. */
export interface UpdateMoment {
  /** Learning rates by the name of their input. */
  readonly rates: Readonly<Record<string, number>>;
  /** Number of the step, from 0. */
  readonly step: number;
  /** Length of all gradients together. */
  readonly gradientNorm: number;
}

/**
 * Rates, corrections and clipping of a step as its update program names them.
 *
 * @param backend Where they are put.
 * @param config Optimizer and clipping.
 * @param moment Rates, step and length of the gradients.
 * @returns Scalars by name; they become the caller's.
 */
export function updateScalars(
  backend: Backend,
  { optimizer, clipGrad }: UpdateConfig,
  { rates, step, gradientNorm }: UpdateMoment,
): DeviceTensors {
  const scalars = {
    ...rates,
    ...corrections(optimizer, step + 1),
    ...clipGrad === undefined
      ? {}
      : { [CLIP_INPUT]: clipFactor(clipGrad)(gradientNorm) },
  };
  const tensors = Object.entries(scalars).map(([name, value]) =>
    [name, { shape: [], data: Float32Array.of(value) }] as const
  );
  return uploadAll(backend, Object.fromEntries(tensors));
}
