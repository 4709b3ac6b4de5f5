/** The trials that flags ask for, as far as the run has checkpoints for them. */
import {
  type Faults,
  type FreezeGrid,
  type FreezePlan,
  left,
  type Result,
  right,
} from "../../core/mod.ts";
import type { FindValues } from "./find_flags.ts";
import { judgedSteps } from "./trials.ts";
import type { UnfrozenRun } from "./unfrozen_run.ts";

type Asked = Pick<FindValues, "times" | "layers" | "horizon">;

const fault = (
  path: string,
  found: unknown,
  wanted: string,
): Result<Faults, never> =>
  left([{ _tag: "Inconsistent", path, found, wanted }]);

const unique = (numbers: readonly number[]): readonly number[] =>
  [...new Set(numbers)].toSorted((a, b) => a - b);

/** Numbers of first layers; the last layer never freezes. */
function layersOf(
  { layers: { length } }: FreezePlan,
  { layers }: Asked,
): Result<Faults, readonly number[]> {
  const most = length - 1;
  const all = Array.from({ length: most }, (_, i) => i + 1);
  const asked = unique(layers ?? all);
  const beyond = asked.find((count) => count > most);
  if (beyond !== undefined) {
    const wanted =
      `at most ${most}: the last of ${length} layers never freezes`;
    return fault("--layers", beyond, wanted);
  }
  return asked.length > 0
    ? right(asked)
    : fault("RUN", "a model of one layer", "one with layers that can freeze");
}

const listed = (steps: readonly number[]): string =>
  steps.length === 0 ? "none" : `after steps ${steps.join(", ")}`;

/** Why a run has no checkpoint that can be tried. */
function noneFault(
  { planned: { plan }, recorded, states }: UnfrozenRun,
): Result<Faults, never> {
  const { totalSteps, warmupSteps } = plan;
  const steps = states.map(({ step }) => step);
  const found = `checkpoints ${listed(steps)} of ${totalSteps}`;
  const isShort = recorded < totalSteps &&
    steps.some((step) => step > warmupSteps && step < recorded);
  return isShort
    ? fault(
      "RUN",
      `a run that has taken ${recorded} of ${totalSteps} steps`,
      "one that was finished, or a --horizon that ends before that",
    )
    : fault(
      "RUN",
      found,
      `some after the warm-up, step ${warmupSteps}, and before the end: pre-train with --t0 1 --keep 20, and --save-every or --save-every-steps for as many as are to be tried`,
    );
}

/** Steps of checkpoints from which a trial can be judged by the record of the run. */
function stepsOf(
  run: UnfrozenRun,
  { times, horizon = 1 }: Asked,
): Result<Faults, readonly number[]> {
  const { planned: { plan }, recorded, states } = run;
  const { totalSteps, warmupSteps } = plan;
  const usable = states.map(({ step }) => step).filter((step) =>
    step > warmupSteps && step < totalSteps &&
    judgedSteps(step, totalSteps, horizon).to <= recorded
  );
  const [first] = usable;
  if (first === undefined) return noneFault(run);
  const nearest = (time: number): number =>
    usable.reduce((best, step) =>
      Math.abs(step - time * totalSteps) < Math.abs(best - time * totalSteps)
        ? step
        : best
    );
  return right(unique(times?.map(nearest) ?? usable));
}

/**
 * The grid of trials.
 *
 * @returns Or that the run has no layers or no checkpoints for it.
 */
export function chosenGrid(
  run: UnfrozenRun,
  asked: Asked,
): Result<Faults, FreezeGrid> {
  const layers = layersOf(run.planned.plan, asked);
  if (layers._tag === "Left") return layers;
  const steps = stepsOf(run, asked);
  return steps._tag === "Left"
    ? steps
    : right({ layers: layers.right, steps: steps.right });
}
