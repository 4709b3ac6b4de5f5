/** Kernels of the programs of a pre-training: how many there are, and how much they bind. */
import { ok } from "node:assert/strict";
import {
  DEFAULT_PRETRAIN_CONFIG,
  type Graph,
  MODEL_PRESETS,
  orThrow,
  planOf,
  pretrainTask,
} from "../../../../mod.ts";
import { compileGraph } from "../../../../backends/webgpu/compile/compile_graph.ts";
import type { CompileOptions } from "../../../../backends/backend.ts";
import { joinedStep } from "../../../../train/engine/step/joined_phase.ts";
import {
  phaseGraphs,
  type PlannedPhase,
} from "../../../../train/engine/step/phase.ts";
import { updateInPlace } from "../../../../train/engine/programs.ts";
import type { Task } from "../../../../train/engine/task.ts";
import { LEAST_LIMITS } from "../run_calls.ts";
import { checkBindings } from "./compiled.ts";

/** Most calls of a step of each model: a limit on launches, not a goal. */
const MOST_CALLS = { "nano": 350, "vit-s": 450, "vit-b": 450 } as const;

/** Most calls of a step as one program. */
const MOST_JOINED_CALLS = { "nano": 350, "vit-s": 440, "vit-b": 440 } as const;

const EXAMPLES = 64_000;

/** Graphs of the phase with so many frozen layers; `null` if there is none. */
function plannedOf(
  name: keyof typeof MOST_CALLS,
  frozen: number,
): readonly [Task<unknown>, PlannedPhase] | null {
  const { training } = DEFAULT_PRETRAIN_CONFIG;
  const config = {
    ...DEFAULT_PRETRAIN_CONFIG,
    model: MODEL_PRESETS[name],
    training: { ...training, batchSize: 64, accumIter: 1 },
  };
  const plan = orThrow(planOf(config, EXAMPLES));
  const phase = plan.phases.find(({ frozenLayers }) => frozenLayers === frozen);
  if (phase === undefined) return null;
  const task = pretrainTask({ config, plan }) as unknown as Task<unknown>;
  const graphs = orThrow(phaseGraphs(task, phase));
  const stageLosses = task.stageLosses(phase);
  const planned = { phase, stageLosses, latentLoss: null, parts: 1 };
  return [task, { ...graphs, ...planned }];
}

/** The number of calls of a graph, whose bindings are checked. */
function callsOf(
  graph: Graph,
  isGpu: boolean,
  options: Pick<CompileOptions, "replaces" | "guard"> = {},
): number {
  const limits = { ...LEAST_LIMITS, isGpu };
  const list = compileGraph(graph, { ...options, limits });
  checkBindings(list);
  return list.calls.length;
}

for (const name of ["nano", "vit-s", "vit-b"] as const) {
  const most = MOST_CALLS[name];
  for (const frozen of [0, 6, 7, 11]) {
    const planned = plannedOf(name, frozen);
    if (planned === null) continue;
    const [task, phase] = planned;
    const step = `a step of ${name} with ${frozen} frozen layers`;
    Deno.test(`${step} takes few calls of few buffers`, () => {
      const { gradient, squares, update } = phase;
      const { replaces = {} } = updateInPlace(update);
      for (const isGpu of [true, false]) {
        const calls = callsOf(gradient, isGpu) + callsOf(squares, isGpu) +
          callsOf(update, isGpu, { replaces });
        ok(calls <= most, `${calls} calls`);
      }
    });
    Deno.test(`${step} takes few calls as one program under a guard`, () => {
      const { graph, replaces, guard } = orThrow(joinedStep(task, phase, true));
      const calls = callsOf(graph, true, {
        ...replaces === undefined ? {} : { replaces },
        ...guard === undefined ? {} : { guard },
      });
      ok(calls <= MOST_JOINED_CALLS[name], `${calls} calls`);
    });
  }
}
