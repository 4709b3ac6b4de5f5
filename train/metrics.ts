/**
 * The record of a run, one JSON object a line.
 *
 * @module
 */
import { appendFile, readFile } from "node:fs/promises";
import { left, type Result, right } from "../core/mod.ts";
import { fileResult, replaceFile } from "./atomic_file.ts";
import type { StepReport } from "./step_report.ts";
import type { TrainError } from "./train_error.ts";

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

/**
 * Adds a step to a record.
 *
 * @param path `metrics.jsonl`.
 * @param report The step.
 */
export function appendMetrics(
  path: string,
  report: StepReport,
): Promise<Result<TrainError, void>> {
  return fileResult(
    path,
    () => appendFile(path, `${JSON.stringify(metricsLine(report))}\n`),
  );
}

/** JSON has no number that is not finite. */
const orNaN = (key: string, value: unknown): unknown =>
  value === null && key !== "" ? NaN : value;

const isCount = (x: unknown): boolean =>
  Number.isSafeInteger(x) && (x as number) >= 0;

const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === "object" && x !== null && !Array.isArray(x);

const areNumbers = (values: readonly unknown[]): boolean =>
  values.every(Number.isFinite);

/** Losses of a step that was left out are not finite. */
const areLosses = (values: readonly unknown[]): boolean =>
  values.every((value) => typeof value === "number");

/** Whether a value has all fields of a line; it may have others. */
function isLine(x: unknown): x is MetricsLine {
  if (!isRecord(x)) return false;
  const { step, epoch, phase, frozenLayers, unfrozenRate, loss } = x;
  const { rates, stageLosses, milliseconds } = x;
  return [step, epoch, phase, frozenLayers].every(isCount) &&
    Number.isFinite(unfrozenRate) && areLosses([loss]) &&
    Array.isArray(rates) && areNumbers(rates) &&
    isRecord(stageLosses) && areLosses(Object.values(stageLosses)) &&
    isRecord(milliseconds) && areNumbers(Object.values(milliseconds));
}

/** The object of a line, or `null` if it is none. */
function parseLine(text: string): MetricsLine | null {
  try {
    const line: unknown = JSON.parse(text, orNaN);
    return isLine(line) ? line : null;
  } catch {
    return null;
  }
}

/**
 * Reads a record. A last line that was cut off when its writer died is passed over.
 *
 * @param path `metrics.jsonl`.
 * @returns Lines in order, one for each step from the first one on; or the number
 * of the first line that is broken or of another step.
 */
export async function readMetrics(
  path: string,
): Promise<Result<TrainError, readonly MetricsLine[]>> {
  const text = await fileResult(path, () => readFile(path, "utf8"));
  if (text._tag === "Left") return text;
  const complete = text.right.split("\n").slice(0, -1);
  const lines: MetricsLine[] = [];
  for (const [i, line] of complete.entries()) {
    const parsed = parseLine(line);
    if (parsed === null) {
      const reason = `line ${i + 1} is not the record of a step`;
      return left({ _tag: "FileFailed", path, reason });
    }
    const wanted = (lines.at(-1)?.step ?? parsed.step - 1) + 1;
    if (parsed.step !== wanted) {
      const reason = `line ${
        i + 1
      } is of step ${parsed.step}, wanted ${wanted}`;
      return left({ _tag: "FileFailed", path, reason });
    }
    lines.push(parsed);
  }
  return right(lines);
}

/**
 * Replaces a record, so that a run which goes back to a checkpoint writes each
 * step once.
 *
 * @param path `metrics.jsonl`.
 * @param lines All it is to hold.
 */
export function writeMetrics(
  path: string,
  lines: readonly MetricsLine[],
): Promise<Result<TrainError, void>> {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  return replaceFile(path, text);
}
