/**
 * Plans as JSON.
 *
 * @module
 */
import { anything, type Codec, decode, oneOf } from "../codec/codec.ts";
import { recordOf } from "../codec/structures.ts";
import { E, pipe } from "../fp.ts";
import type { Fault, Faults, Result } from "../result.ts";
import { contradictions } from "../codec/contradictions.ts";
import { planConfigCodec, planFrom } from "./freeze_plan.ts";
import type { FreezePlan, PlanConfig } from "./plan.ts";

/** A plan of which only version and configuration have been looked at. */
type Envelope =
  & { readonly version: 1; readonly config: PlanConfig }
  & Readonly<
    Record<Exclude<keyof FreezePlan, "version" | "config">, unknown>
  >;

const envelopeCodec: Codec<Envelope> = recordOf<Envelope>({
  version: oneOf(1),
  config: planConfigCodec,
  totalSteps: anything,
  warmupSteps: anything,
  layers: anything,
  stages: anything,
  unfrozen: anything,
  phases: anything,
});

/**
 * JSON form of a plan; {@link decodePlan} reads it back.
 *
 * @param plan The plan.
 * @returns Data that `JSON.stringify` keeps as it is.
 */
export function encodePlan(plan: FreezePlan): unknown {
  return { ...plan };
}

const isFaults = (faults: readonly Fault[]): faults is Faults =>
  faults.length > 0;

/**
 * Reads a plan from untrusted data, for example parsed JSON.
 *
 * A plan follows from its configuration. It is made again from there, and
 * whatever differs from what was given, beyond rounding, is a fault.
 *
 * @param input Anything.
 * @returns The plan, or every fault: in the form, in the configuration, or where
 * the rest contradicts the configuration.
 *
 * @example A plan that claims to freeze a layer at another step
 * ```ts
 * import {
 *   decodePlan,
 *   DEFAULT_PRETRAIN_CONFIG,
 *   describeFaults,
 *   planOf,
 * } from "@vitfreeze/vitfreeze/core";
 * import { strictEqual } from "node:assert/strict";
 *
 * const made = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 * if (made._tag === "Left") throw new Error("unreachable");
 * const [first, ...others] = made.right.layers;
 * const plan = decodePlan({
 *   ...made.right,
 *   layers: [{ ...first, freezeStep: 7 }, ...others],
 * });
 *
 * strictEqual(
 *   plan._tag === "Left" && describeFaults(plan.left),
 *   "layers[0].freezeStep: found 7, wanted 32000, which follows from config",
 * );
 * ```
 */
export function decodePlan(input: unknown): Result<Faults, FreezePlan> {
  return pipe(
    decode(envelopeCodec)(input),
    E.flatMap((given): Result<Faults, FreezePlan> => {
      const plan = planFrom(given.config);
      const faults = contradictions(plan, given, "");
      return isFaults(faults) ? E.left(faults) : E.right(plan);
    }),
  );
}
