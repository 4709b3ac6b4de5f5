/** The reports of steps that were taken at once. */
import { ratesAt } from "../../core/mod.ts";
import { strideFrom, type Task } from "./task.ts";
import type { StepReport, StepTimes } from "./training.ts";

/** A part of some times. */
const partOf = (
  { communication, ...times }: StepTimes,
  part: number,
): StepTimes => {
  const { data, gradient, update, compile, total } = times;
  return {
    data: part * data,
    gradient: part * gradient,
    update: part * update,
    compile: part * compile,
    total: part * total,
    ...communication === undefined ? {} : {
      communication: {
        milliseconds: part * communication.milliseconds,
        exposed: part * communication.exposed,
      },
    },
  };
};

/**
 * One report for each step of the plan: losses and gradients are the means of all that were
 * taken at once, times are shared evenly, rates are its own.
 *
 * @param report Report of the first, with the times of all.
 */
export function stepReports(
  task: Pick<Task<unknown>, "plan" | "training">,
  report: StepReport,
): readonly [StepReport, ...StepReport[]] {
  const { step: from, milliseconds } = report;
  const count = strideFrom(task, from).to - from;
  if (count === 1) return [report];
  const rates = ratesAt(task.plan);
  const reportAt = (step: number): StepReport => {
    const { layers, unfrozen } = rates(step);
    return {
      ...report,
      ...{ step, rates: layers, unfrozenRate: unfrozen },
      milliseconds: partOf(milliseconds, 1 / count),
    };
  };
  const others = Array.from({ length: count - 1 }, (_, i) => from + 1 + i);
  return [reportAt(from), ...others.map(reportAt)];
}
