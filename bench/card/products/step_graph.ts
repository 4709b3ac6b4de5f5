/** The graph of a whole step, as engines that run ahead are given it. */
import type { Backend } from "../../../backends/mod.ts";
import { orThrow } from "../../../train/mod.ts";
import { joinedStep } from "../../../train/engine/step/joined_phase.ts";
import { planPhase } from "../../../train/engine/step/phase.ts";
import type { GraphToCompile } from "../../../train/engine/programs.ts";
import type { BenchedRun } from "../steps/benched_run.ts";

/** An engine that nothing is asked of but how it would divide a batch. */
const UNDIVIDED = {
  device: { name: "none", description: "", isGpu: false },
} as Backend;

/** The graph of a step in the phase of a run. */
export async function stepGraphOf(
  { task, phase }: BenchedRun,
): Promise<GraphToCompile> {
  const planned = orThrow(await planPhase(UNDIVIDED, task, phase));
  const step = joinedStep(task, planned, true);
  if (step._tag === "Right") return step.right;
  throw new Error(`No graph of the step: ${JSON.stringify(step.left)}`);
}
