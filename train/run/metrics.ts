/**
 * The lines of a run's record, one JSON object each.
 *
 * @module
 */
import type { StepReport } from "../engine/training.ts";

/** Name of the record in a run's folder. */
export const METRICS_FILE = "metrics.jsonl";

/** One line of `metrics.jsonl`; a number that is not finite is `null` there and `NaN` here. */
export interface MetricsLine {
  /** Step, from 0. */
  readonly step: number;
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Phase of the plan. */
  readonly phase: number;
  /** How many layers are frozen. */
  readonly frozenLayers: number;
  /** Learning rate of each layer. */
  readonly rates: readonly number[];
  /** Learning rate of parameters that no layer owns. */
  readonly unfrozenRate: number;
  /** Weighted sum of the stage losses. */
  readonly loss: number;
  /** Loss of each live stage by its number. */
  readonly stageLosses: Readonly<Record<number, number>>;
  /** Length of all gradients together, before clipping; absent in old records. */
  readonly gradientNorm?: number;
  /** Why the step was left out, if it was. */
  readonly skipped?: string;
  /** Milliseconds of the whole step and its parts. */
  readonly milliseconds: StepReport["milliseconds"];
}

/** The line of a step; times are rounded to microseconds, everything else is exact. */
export function metricsLine(report: StepReport): MetricsLine {
  const {
    step,
    epoch,
    phase,
    frozenLayers,
    rates,
    unfrozenRate,
    loss,
    stageLosses,
    gradientNorm,
    skipped,
  } = report;
  const round = (ms: number): number => Math.round(ms * 1000) / 1000;
  const { data, gradient, update, compile, total } = report.milliseconds;
  const milliseconds = {
    data: round(data),
    gradient: round(gradient),
    update: round(update),
    compile: round(compile),
    total: round(total),
  };
  return {
    step,
    epoch,
    phase,
    frozenLayers,
    rates,
    unfrozenRate,
    loss,
    stageLosses,
    ...gradientNorm === undefined ? {} : { gradientNorm },
    ...skipped === undefined ? {} : { skipped },
    milliseconds,
  };
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (x: unknown): x is Fields =>
  typeof x === "object" && x !== null && !Array.isArray(x);

const isCount = (x: unknown): boolean =>
  Number.isSafeInteger(x) && (x as number) >= 0;

/** Losses and gradients of a step that was left out are not finite: `null` in JSON. */
const isLoss = (x: unknown): boolean => x === null || Number.isFinite(x);

/** Times without which a step cannot be described. */
const TIMES = ["data", "gradient", "update", "total"] as const;

const areAll = (fields: Fields, isKind: (x: unknown) => boolean): boolean =>
  Object.values(fields).every(isKind);

const areTimes = (x: unknown): boolean =>
  isFields(x) && TIMES.every((part) => part in x) &&
  areAll(x, Number.isFinite);

/** Whether a value has all fields of a line; it may have others. */
function isLine(x: unknown): x is Fields {
  if (!isFields(x)) return false;
  const { rates, stageLosses, gradientNorm = 0, skipped = "" } = x;
  return isCount(x["step"]) && isCount(x["epoch"]) && isCount(x["phase"]) &&
    isCount(x["frozenLayers"]) && Number.isFinite(x["unfrozenRate"]) &&
    Array.isArray(rates) && rates.every(Number.isFinite) &&
    isLoss(x["loss"]) && isLoss(gradientNorm) &&
    isFields(stageLosses) && areAll(stageLosses, isLoss) &&
    typeof skipped === "string" && areTimes(x["milliseconds"]);
}

/** The same with `NaN` for `null`. */
const orNaN = (value: unknown): unknown => value === null ? NaN : value;

const isNumber = (x: unknown): boolean => x !== null;

function withNaN(line: Fields): MetricsLine {
  const { loss, gradientNorm, stageLosses } = line;
  const losses = stageLosses as Fields;
  const isWhole = isNumber(loss) && isNumber(gradientNorm) &&
    areAll(losses, isNumber);
  const read = isWhole ? line : {
    ...line,
    loss: orNaN(loss),
    stageLosses: Object.fromEntries(
      Object.entries(losses).map(([stage, one]) => [stage, orNaN(one)]),
    ),
    ...gradientNorm === null ? { gradientNorm: NaN } : {},
  };
  return read as unknown as MetricsLine;
}

/**
 * The step on a line of a record. All readers of records take the same lines.
 *
 * @param text The line without its end.
 * @returns The step, `null` if the line is not the record of one: no JSON, or a field
 * is missing or of another kind. Fields that are not known are kept.
 */
export function parseMetricsLine(text: string): MetricsLine | null {
  try {
    const line: unknown = JSON.parse(text);
    return isLine(line) ? withNaN(line) : null;
  } catch {
    return null;
  }
}
