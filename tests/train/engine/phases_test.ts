import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type Backend, referenceBackend } from "../../../backends/mod.ts";
import { left, right as success } from "../../../core/mod.ts";
import { phaseCompiler } from "../../../train/engine/step/phases.ts";
import { pretrainTask } from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { tinyRun } from "../tiny_run.ts";

const RUN = tinyRun();

/** An engine that counts programs, compiled and disposed. */
function counting(compilesBesideRuns: boolean) {
  const engine = referenceBackend();
  const counts = { compiled: 0, disposed: 0 };
  const backend: Backend = {
    ...engine,
    compilesBesideRuns,
    compile: async (graph, options) => {
      const program = right(await engine.compile(graph, options) as never);
      counts.compiled++;
      return success({
        ...program as object,
        dispose: () => void counts.disposed++,
      } as never);
    },
  };
  return { backend, counts };
}

/** Gradient, squares and update. */
const PROGRAMS = 3;
const [FIRST, SECOND] = RUN.plan.phases;
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("at() compiles the next phase in the last step of a phase, once", async () => {
  const { backend, counts } = counting(true);
  const compiler = phaseCompiler(backend, pretrainTask(RUN));
  const seen: number[] = [];
  for (let step = 0; step <= FIRST!.to; step++) {
    const programs = await compiler.at(step);
    await settled();
    strictEqual(
      programs._tag === "Right" && programs.right.phase.index,
      step < FIRST!.to ? FIRST!.index : SECOND!.index,
    );
    seen.push(counts.compiled / PROGRAMS);
  }
  deepStrictEqual(seen, [...Array(FIRST!.to - 1).fill(1), 2, 2]);
  strictEqual(counts.disposed, PROGRAMS);
  compiler.dispose();
  await settled();
  strictEqual(counts.disposed, counts.compiled);
});

Deno.test("at() compiles nothing ahead for an engine that would make the step wait", async () => {
  const { backend, counts } = counting(false);
  const compiler = phaseCompiler(backend, pretrainTask(RUN));
  await compiler.at(FIRST!.to - 1);
  strictEqual(counts.compiled, PROGRAMS);
  compiler.dispose();
});

Deno.test("dispose() gives back programs that are still being made", async () => {
  const { backend, counts } = counting(true);
  const compiler = phaseCompiler(backend, pretrainTask(RUN));
  await compiler.at(FIRST!.to - 1);
  compiler.dispose();
  await settled();
  strictEqual(counts.compiled, 2 * PROGRAMS);
  strictEqual(counts.disposed, counts.compiled);
});

Deno.test("at() tries again what failed", async () => {
  const { backend } = counting(false);
  let refuses = true;
  const moody: Backend = {
    ...backend,
    compile: (graph, options) => {
      if (!refuses) return backend.compile(graph, options);
      const error = { device: "moody", reason: "not now" } as const;
      return Promise.resolve(left({ _tag: "ExecutionFailed", ...error }));
    },
  };
  const compiler = phaseCompiler(moody, pretrainTask(RUN));
  strictEqual((await compiler.at(0))._tag, "Left");
  refuses = false;
  strictEqual((await compiler.at(0))._tag, "Right");
  compiler.dispose();
});
