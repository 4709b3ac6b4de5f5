/** The lines of a run's record, one JSON object each. */
import { deepestLoss, type StepReport } from "../engine/training.ts";

/** Name of the record in a run's folder. */
export const METRICS_FILE = "metrics.jsonl";

/** One line of `metrics.jsonl`; a number that is not finite is `null` there and `NaN` here. */
export type MetricsLine = Omit<StepReport, "liveStages" | "images">;

const inMicroseconds = (milliseconds: number): number =>
  Math.round(milliseconds * 1000) / 1000;

/** The line of a step; times are rounded to microseconds, everything else is exact. */
export function metricsLine(report: StepReport): MetricsLine {
  const { liveStages: _, images: __, ...line } = report;
  const { data, gradient, update, compile, total } = report.milliseconds;
  return {
    ...line,
    milliseconds: {
      data: inMicroseconds(data),
      gradient: inMicroseconds(gradient),
      update: inMicroseconds(update),
      compile: inMicroseconds(compile),
      total: inMicroseconds(total),
    },
  };
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (x: unknown): x is Fields =>
  typeof x === "object" && x !== null && !Array.isArray(x);

const isCount = (x: unknown): boolean =>
  Number.isSafeInteger(x) && (x as number) >= 0;

/** Losses and gradients of a step that was skipped are not finite: `null` in JSON. */
const isLoss = (x: unknown): boolean => x === null || Number.isFinite(x);

/** Times without which a step cannot be described. */
const TIMES = ["data", "gradient", "update", "total"] as const;

const areAll = (fields: Fields, isKind: (x: unknown) => boolean): boolean =>
  Object.values(fields).every(isKind);

const areTimes = (x: unknown): boolean =>
  isFields(x) && TIMES.every((part) => part in x) &&
  areAll(x, Number.isFinite);

/** True for a value with all fields of a line; it may have others. */
function isLine(x: unknown): x is Fields {
  if (!isFields(x)) return false;
  const { rates, stageLosses, gradientNorm = 0, latentLoss = 0 } = x;
  const { skipped = "" } = x;
  return isCount(x["step"]) && isCount(x["epoch"]) && isCount(x["phase"]) &&
    isCount(x["frozenLayers"]) && Number.isFinite(x["unfrozenRate"]) &&
    Array.isArray(rates) && rates.every(Number.isFinite) &&
    isLoss(x["loss"]) && isLoss(x["deepestLoss"] ?? null) &&
    isLoss(gradientNorm) && isLoss(latentLoss) &&
    isFields(stageLosses) && areAll(stageLosses, isLoss) &&
    typeof skipped === "string" && areTimes(x["milliseconds"]);
}

/** The same with `NaN` for `null`. */
const orNaN = (value: unknown): unknown => value === null ? NaN : value;

const isNumber = (x: unknown): boolean => x !== null;

function withNaN(line: Fields): MetricsLine {
  const { loss, gradientNorm, latentLoss, stageLosses } = line;
  const losses = stageLosses as Fields;
  const isWhole = [loss, gradientNorm, latentLoss].every(isNumber) &&
    areAll(losses, isNumber);
  const read = (isWhole ? line : {
    ...line,
    loss: orNaN(loss),
    stageLosses: Object.fromEntries(
      Object.entries(losses).map(([stage, one]) => [stage, orNaN(one)]),
    ),
    ...gradientNorm === null ? { gradientNorm: NaN } : {},
    ...latentLoss === null ? { latentLoss: NaN } : {},
  }) as unknown as MetricsLine;
  // Older records do not have it, and what is not finite is `null` in all of them.
  return typeof line["deepestLoss"] === "number"
    ? read
    : { ...read, deepestLoss: deepestLoss(read) };
}

/**
 * The step on a line of a record. All readers of records take the same lines.
 *
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
