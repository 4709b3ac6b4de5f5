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
import {
  type PhaseGraphs,
  phaseGraphs,
} from "../../../../train/engine/phase.ts";
import { LEAST_LIMITS } from "../run_calls.ts";
import { checkBindings } from "./compiled.ts";

/** Most calls of a step of each model: a limit on launches, not a goal. */
const MOST_CALLS = { "nano": 350, "vit-s": 450, "vit-b": 450 } as const;

const EXAMPLES = 64_000;

/** Graphs of the first phase with at least so many frozen layers; `null` if there is none. */
function graphsOf(
  name: keyof typeof MOST_CALLS,
  frozen: number,
): PhaseGraphs | null {
  const { training } = DEFAULT_PRETRAIN_CONFIG;
  const config = {
    ...DEFAULT_PRETRAIN_CONFIG,
    model: MODEL_PRESETS[name],
    training: { ...training, batchSize: 64, accumIter: 1 },
  };
  const plan = orThrow(planOf(config, EXAMPLES));
  const phase = plan.phases.find(({ frozenLayers }) => frozenLayers === frozen);
  return phase === undefined
    ? null
    : orThrow(phaseGraphs(pretrainTask({ config, plan }), phase));
}

/** The number of calls of a graph, whose bindings are checked. */
function callsOf(
  graph: Graph,
  isGpu: boolean,
  replaces: Readonly<Record<string, string>> = {},
): number {
  const limits = { ...LEAST_LIMITS, isGpu };
  const list = compileGraph(graph, { limits, replaces });
  checkBindings(list);
  return list.calls.length;
}

for (const [name, most] of Object.entries(MOST_CALLS)) {
  for (const frozen of [0, 6, 7, 11]) {
    const graphs = graphsOf(name as keyof typeof MOST_CALLS, frozen);
    if (graphs === null) continue;
    Deno.test(`a step of ${name} with ${frozen} frozen layers takes few calls of few buffers`, () => {
      const { gradient, squares, update } = graphs;
      const replaces = Object.fromEntries(
        Object.keys(update.outputs).map((output) => [output, output]),
      );
      for (const isGpu of [true, false]) {
        const calls = callsOf(gradient, isGpu) + callsOf(squares, isGpu) +
          callsOf(update, isGpu, replaces);
        ok(calls <= most, `${calls} calls`);
      }
    });
  }
}
