/** Steps of several programs each, of which every one is waited for. */
import { right } from "../../../core/mod.ts";
import { divisionIn, type StepContext } from "./step_context.ts";
import { phaseCompiler } from "./phases.ts";
import type { SentStep, StepWay } from "./sent_step.ts";
import { trainStep } from "./step.ts";

/** Steps that are taken before they count as sent: their losses decide on the update in main memory. */
export function waitedSteps<Item>(context: StepContext<Item>): StepWay<Item> {
  const { backend, task, onProgress } = context;
  const division = divisionIn(context);
  const phases = phaseCompiler(backend, task, { division, onProgress });
  return {
    send: async (state, epoch, items) => {
      const started = performance.now();
      const programs = await phases.at(state.step);
      if (programs._tag === "Left") return programs;
      const compile = performance.now() - started;
      const { right: compiled } = programs;
      const taken = await trainStep(context, compiled, state, epoch, items);
      if (taken._tag === "Left") return taken;
      const { milliseconds } = taken.right.report;
      const total = milliseconds.total + compile;
      const report = right({
        ...taken.right.report,
        milliseconds: { ...milliseconds, compile, total },
      });
      const sent: SentStep = {
        step: state.step,
        settle: (state) => Promise.resolve(right({ state, report })),
        dispose: () => {},
      };
      return right({ state: taken.right.state, sent });
    },
    dispose: () => phases.dispose(),
  };
}
