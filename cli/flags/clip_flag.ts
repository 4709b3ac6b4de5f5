/**
 * The flag that clips gradients.
 *
 * @module
 */
import type { ClippingConfig } from "../../core/mod.ts";
import { type Flag, FROM_ZERO, numberFlag } from "./flags.ts";

/** Greatest length of the gradients of a step. */
export const CLIP_FLAG: Flag<number> = numberFlag(
  FROM_ZERO,
  "greatest length of all gradients together, longer ones are scaled down; 0 is off",
);

/**
 * What the flag means. Only a length to clip at is written down.
 *
 * @param length The flag; 0 does not clip.
 */
export function clippingAt(length: number): ClippingConfig {
  return length === 0 ? {} : { clipGrad: length };
}
