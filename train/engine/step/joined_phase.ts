/** Programs of one phase for engines that run ahead: a whole step as one. */
import type { Backend, Program } from "../../../backends/backend.ts";
import {
  CLIP_INPUT,
  type Faults,
  type Graph,
  inputSignatures,
  joinGraphs,
  left,
  type Phase,
  type Result,
  right,
  SQUARES_OUTPUT,
  traceGraph,
  withOutputs,
} from "../../../core/mod.ts";
import type { TrainError } from "../../train_error.ts";
import { reportedNames } from "./health.ts";
import {
  type PhaseWork,
  type PlannedPhase,
  planPhase,
  type SummingPrograms,
} from "./phase.ts";
import type { PhaseMaker } from "./phases.ts";
import {
  disposeSegments,
  type Division,
  onlySegment,
  segmentGraphs,
  segmentPrograms,
} from "./segment_programs.ts";
import { compileAll, type GraphToCompile } from "../programs.ts";
import type { Task } from "../task.ts";

/** Name of the input with the steps that may still be skipped. */
export const ALLOWANCE_INPUT = "allowance";

/** Compiled work of one phase, a step as one program. */
export interface JoinedPrograms extends PhaseWork {
  /** Programs that add up gradients first; `null` where an update has one micro-batch in one part. */
  readonly summing: SummingPrograms | null;
  /**
   * The step: gradients, or the sums of them; their squares, clipping and the update. What
   * it changes is replaced, unless a loss or a sum of squares is not finite.
   */
  readonly step: Program;
}

/** Losses that are there already, in the place of the gradient graph. */
function givenLosses(planned: PlannedPhase): Result<Faults, Graph> {
  const { nodes, outputs } = planned.gradient;
  const losses = reportedNames(planned).filter((name) =>
    name !== SQUARES_OUTPUT
  );
  return traceGraph((g) =>
    Object.fromEntries(
      losses.map((name) => {
        const { shape = [] } = nodes[outputs[name] ?? -1] ?? {};
        return [name, g.input(name, shape)];
      }),
    )
  );
}

/** The factor of clipped gradients, from the squares of those alone. */
function clipGraph(
  maxNorm: number,
  { trainable, statistics }: PlannedPhase,
): Result<Faults, Graph> {
  const count = trainable.length;
  return traceGraph((g) => {
    const all = g.input(SQUARES_OUTPUT, [count + statistics.length]);
    const squares = g.slice(all, 0, 0, count);
    return { [CLIP_INPUT]: g.apply("clipFactor", { maxNorm }, [squares]) };
  });
}

/**
 * A whole optimizer step as one graph.
 *
 * Inputs: those of the gradient graph, or, if it adds up several, the sums of its outputs
 * under their names; and those of the update but the factor of clipping. Outputs: the
 * losses, `squares`, and all that the step changes, which replaces the inputs of equal names.
 *
 * @param isWhole True if a step has one micro-batch in one part.
 */
export function joinedStep(
  task: Task<unknown>,
  planned: PlannedPhase,
  isWhole: boolean,
): Result<Faults, GraphToCompile> {
  const { gradient, squares, update, statistics } = planned;
  const first = isWhole ? right(gradient) : givenLosses(planned);
  if (first._tag === "Left") return first;
  const clip = task.clipGrad === undefined
    ? null
    : clipGraph(task.clipGrad, planned);
  if (clip?._tag === "Left") return clip;
  const between = clip === null ? [] : [clip.right];
  const joined = joinGraphs(first.right, squares, ...between, update);
  if (joined._tag === "Left") return joined;
  const reported = reportedNames(planned);
  const changed = [
    ...Object.keys(update.outputs),
    ...statistics.map(({ name }) => name),
  ];
  const wanted = new Set([...reported, ...changed]);
  const graph = withOutputs(joined.right, (name) => wanted.has(name));
  const inputs = inputSignatures(graph);
  const lost = changed.find((name) => !Object.hasOwn(inputs, name));
  if (lost !== undefined) {
    return left([{
      _tag: "Inconsistent",
      path: lost,
      found: "a value that does not depend on the one before",
      wanted: "one that a step without effect can leave as it is",
    }]);
  }
  return right({
    graph,
    replaces: Object.fromEntries(changed.map((name) => [name, name])),
    guard: { finite: reported, allowance: ALLOWANCE_INPUT },
    reported,
  });
}

/** The graphs of a phase's programs: the step, then those that add up gradients, if any do. */
function graphsToCompile(
  task: Task<unknown>,
  phase: PlannedPhase,
): Result<Faults, readonly GraphToCompile[]> {
  const { parts, gradient } = phase;
  const int8 = task.int8?.(phase.phase) ?? [];
  const isGrown = phase.phase.stepsAtOnce !== undefined;
  const isWhole = !isGrown && task.training.accumIter * parts === 1;
  const step = joinedStep(task, phase, isWhole);
  if (step._tag === "Left") return step;
  if (isWhole) return right([{ ...step.right, int8 }]);
  const summing = segmentGraphs(
    [onlySegment(gradient)],
    { parts, int8, isSummed: true, isGrown },
  );
  return summing._tag === "Left"
    ? summing
    : right([step.right, ...summing.right]);
}

/** Compiles the programs of one phase; errors as of `compilePhase`. */
async function compileJoined(
  backend: Backend,
  task: Task<unknown>,
  phase: Phase,
  division: Division = {},
): Promise<Result<TrainError, JoinedPrograms>> {
  const planned = await planPhase(backend, task, phase, division.parts);
  if (planned._tag === "Left") return planned;
  const graphs = graphsToCompile(task, planned.right);
  if (graphs._tag === "Left") {
    return left({ _tag: "BadConfig", faults: graphs.left });
  }
  const compiled = await compileAll(backend, graphs.right);
  if (compiled._tag === "Left") return compiled;
  const [step, ...others] = compiled.right as readonly [Program, ...Program[]];
  const { parts, gradient } = planned.right;
  const { trainable, statistics, stageLosses, latentLoss } = planned.right;
  const summing = others.length === 0 ? null : {
    parts,
    statistics,
    segments: segmentPrograms([onlySegment(gradient)], others),
  };
  return right({
    ...{ phase, trainable, statistics, stageLosses, latentLoss },
    ...{ step, summing },
  });
}

/** Gives back what the programs hold. */
function disposeJoined({ step, summing }: JoinedPrograms): void {
  step.dispose();
  disposeSegments(summing?.segments ?? []);
}

/** A step as one program, for each phase. */
export const JOINED: PhaseMaker<JoinedPrograms> = {
  make: compileJoined,
  dispose: disposeJoined,
};
