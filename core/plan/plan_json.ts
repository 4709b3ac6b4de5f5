/** Plans as JSON. */
import {
  anything,
  type Codec,
  decode,
  oneOf,
  pathBelow,
} from "../codec/codec.ts";
import { recordOf } from "../codec/structures.ts";
import { withNewWords } from "../config/old_words.ts";
import { E, pipe } from "../fp.ts";
import type { Fault, Faults, Result } from "../result.ts";
import { shown } from "../excerpt.ts";
import { planConfigCodec, planFrom } from "./freeze_plan.ts";
import type { FreezePlan, PlanConfig } from "./plan.ts";

/** Powers and cosines are rounded differently on different machines. */
const ROUNDING = 1e-12;

const agree = (made: unknown, given: unknown): boolean =>
  made === given ||
  (typeof made === "number" && typeof given === "number" &&
    !Number.isInteger(made) &&
    Math.abs(made - given) <= ROUNDING * Math.abs(made));

type Branch = Readonly<Record<string, unknown>>;

const isBranch = (value: unknown): value is Branch =>
  typeof value === "object" && value !== null;

const described = (made: unknown): string =>
  Array.isArray(made)
    ? `a list of ${made.length} items`
    : isBranch(made)
    ? `an object with ${Object.keys(made).join(", ")}`
    : shown(made);

/**
 * Compares JSON-like data with what it should be.
 *
 * @param made Plan that follows from the configuration.
 * @param given Plan that was found.
 * @returns A fault for every leaf that differs by more than rounding, is missing or too much.
 */
function contradictions(
  made: unknown,
  given: unknown,
  path: string,
): readonly Fault[] {
  if (
    isBranch(made) && isBranch(given) &&
    Array.isArray(made) === Array.isArray(given)
  ) {
    const keys = [...new Set([...Object.keys(made), ...Object.keys(given)])];
    return keys.flatMap((key) =>
      contradictions(made[key], given[key], pathBelow(path, key))
    );
  }
  return agree(made, given) ? [] : [{
    _tag: "Inconsistent",
    path,
    found: given,
    wanted: `${described(made)}, which follows from config`,
  }];
}

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
 * import { decodePlan, DEFAULT_PRETRAIN_CONFIG, describeFaults, planOf } from "@vitfreeze/vitfreeze";
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
    decode(envelopeCodec)(withNewWords(input, "config")),
    E.flatMap((given): Result<Faults, FreezePlan> => {
      const plan = planFrom(given.config);
      const faults = contradictions(plan, given, "");
      return isFaults(faults) ? E.left(faults) : E.right(plan);
    }),
  );
}
