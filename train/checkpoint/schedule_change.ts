/** Effect of another schedule on a run that is under way. */
import { type FreezePlan, ratesAt, shown } from "../../core/mod.ts";

/** One place at which two values differ. */
export interface Difference {
  /** Path, for example `training.epochs`. */
  readonly path: string;
  /** The first value as JSON, or `nothing`. */
  readonly a: string;
  /** The second. */
  readonly b: string;
}

const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === "object" && x !== null;

/** Every leaf at which two JSON values differ. */
export function differences(
  a: unknown,
  b: unknown,
  path = "",
): readonly Difference[] {
  if (!isRecord(a) || !isRecord(b) || Array.isArray(a) !== Array.isArray(b)) {
    return Object.is(a, b) ? [] : [{ path, a: shown(a), b: shown(b) }];
  }
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) =>
    differences(a[key], b[key], path === "" ? key : `${path}.${key}`)
  );
}

/** A value before and after. */
export type Change<Value> = readonly [before: Value, after: Value];

/** Difference of two schedules in one layer. */
export interface LayerChange {
  /** Its name in the plan. */
  readonly name: string;
  /** First step at which it is frozen; the total of steps if it never is. */
  readonly freezeStep: Change<number>;
  /** Its learning rate at the step of the change. */
  readonly rate: Change<number>;
}

/** Difference of two schedules. */
export interface ScheduleChange {
  /** Steps done when it is changed. */
  readonly step: number;
  /** Fields of the configuration that differ. */
  readonly fields: readonly Difference[];
  /** Steps of the run. */
  readonly totalSteps: Change<number>;
  /** Layers whose freeze step or rate differs. */
  readonly layers: readonly LayerChange[];
}

/** Fields of a configuration that decide freeze times and learning rates. */
const SCHEDULE_FIELDS = [
  "freeze.t0",
  "freeze.scale",
  "freeze.times",
  "rate",
  "curriculum",
  "growBatch",
  "training.epochs",
  "training.warmupEpochs",
] as const;

/**
 * True if a field of a configuration belongs to the schedule. The batch does not:
 * the step, in which a run counts its time, would be another one. Neither does
 * what layers are made of.
 *
 * @param path For example `freeze.t0`.
 */
export function isScheduleField(path: string): boolean {
  return SCHEDULE_FIELDS.some((field) =>
    path === field || path.startsWith(`${field}.`)
  );
}

function layerChanges(
  before: FreezePlan<unknown>,
  after: FreezePlan<unknown>,
  step: number,
): readonly LayerChange[] {
  const [old, now] = [ratesAt(before)(step), ratesAt(after)(step)];
  return after.layers.map(({ name, freezeStep }, k): LayerChange => ({
    name,
    freezeStep: [before.layers[k]?.freezeStep ?? NaN, freezeStep],
    rate: [old.layers[k] ?? NaN, now.layers[k] ?? NaN],
  })).filter(({ freezeStep, rate }) =>
    freezeStep[0] !== freezeStep[1] || rate[0] !== rate[1]
  );
}

/**
 * Effect of another schedule on a run.
 *
 * @param after The plan as it is to be: of the same model and batch.
 */
export function scheduleChange(
  before: FreezePlan<unknown>,
  after: FreezePlan<unknown>,
  step: number,
  fields: readonly Difference[],
): ScheduleChange {
  return {
    step,
    fields,
    totalSteps: [before.totalSteps, after.totalSteps],
    layers: layerChanges(before, after, step),
  };
}

/** Freezing of a layer under one of two schedules, seen from a step. */
function freezing(at: number, total: number, step: number): string {
  if (at >= total) return "never frozen";
  return at <= step ? `frozen since step ${at}` : `freezes at step ${at}`;
}

function describeLayer(
  { step, totalSteps }: ScheduleChange,
  { name, freezeStep, rate }: LayerChange,
): string {
  const [before, after] = [0, 1].map((side) =>
    freezing(freezeStep[side]!, totalSteps[side]!, step)
  );
  const when = before === after ? before : `${before} -> ${after}`;
  const rates = rate.map((value) => value.toPrecision(4));
  const isThawed = freezeStep[0] <= step && freezeStep[1] > step;
  const moments = isThawed ? "; its optimizer state starts anew" : "";
  return `${name}: ${when}, rate ${rates.join(" -> ")}${moments}`;
}

/** Text of a change: fields, steps, and what becomes of each layer. */
export function describeScheduleChange(change: ScheduleChange): string {
  const { fields, totalSteps, step } = change;
  const [before, after] = totalSteps;
  return [
    ...fields.map(({ path, a, b }) =>
      `${path}: checkpoint ${a}, this run ${b}`
    ),
    `at step ${step} of ${
      before === after ? before : `${before} -> ${after}`
    }:`,
    ...change.layers.map((layer) => describeLayer(change, layer)),
  ].map((line) => `  ${line}`).join("\n");
}
