/** Reported outputs: their numbers travel with the run that computes them. */
import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import type { DeviceTensors } from "../../../../backends/backend.ts";
import { listProgram } from "../../../../backends/webgpu/runtime/program.ts";
import {
  type Runtime,
  runtimeOn,
} from "../../../../backends/webgpu/runtime/runtime.ts";
import { deviceTest } from "../device_tests.ts";
import {
  counted,
  numbersOf,
  outputsOf,
  programOf,
  steps,
} from "./small_lists.ts";

async function stepper(runtime: Runtime, count: number) {
  const program = await programOf(runtime, steps(count), {
    reported: ["y", "v"],
  });
  const shape = [count];
  const x = runtime.tensors.upload({ shape, data: numbersOf(count) });
  let w = runtime.tensors.upload({ shape, data: numbersOf(count, 3) });
  return {
    program,
    step: async (): Promise<DeviceTensors> => {
      const inputs = new Map([["x", x], ["w", w]]);
      const outputs = await outputsOf(program, inputs);
      w = outputs.get("v")!;
      return outputs;
    },
  };
}

deviceTest(
  "reported numbers are read without another submission",
  async (device) => {
    const { device: counting, made, submissions } = counted(device);
    const runtime = runtimeOn(counting);
    const { step, program } = await stepper(runtime, 37);
    for (let run = 1; run <= 5; run++) {
      const [count, before] = [made.length, submissions()];
      const outputs = await step();
      const [y, v] = [outputs.get("y")!, outputs.get("v")!];
      deepStrictEqual(await y.read(), numbersOf(37).map((x) => 4 * x + 1));
      deepStrictEqual(await v.read(), numbersOf(37, 3 + run));
      deepStrictEqual(await y.read(), numbersOf(37).map((x) => 4 * x + 1));
      deepStrictEqual(submissions() - before, 1);
      if (run > 1) deepStrictEqual(made.slice(count), []);
      y.dispose();
      await rejects(y.read());
    }
    program.dispose();
    runtime.tensors.dispose();
  },
);

deviceTest(
  "a report of an earlier run keeps its numbers, a dropped one gives its buffer back",
  async (device) => {
    const { device: counting, made } = counted(device);
    const runtime = runtimeOn(counting);
    const { step, program } = await stepper(runtime, 5);
    const first = await step();
    const early = first.get("v")!.read();
    first.get("y")!.dispose();
    const kept = [await step(), await step(), await step()];
    deepStrictEqual(await early, numbersOf(5, 4));
    for (const outputs of kept) {
      deepStrictEqual(
        await outputs.get("y")!.read(),
        numbersOf(5).map((x) => 4 * x + 1),
      );
      outputs.get("y")!.dispose();
    }
    const count = made.length;
    for (let run = 0; run < 16; run++) {
      const outputs = await step();
      outputs.get("y")!.dispose();
      if (run % 2 === 1) await outputs.get("v")!.read();
    }
    ok(made.length - count <= 2, "at most two are on their way at one time");
    const last = await step();
    program.dispose();
    deepStrictEqual(await last.get("v")!.read(), numbersOf(5, 3 + 21));
    runtime.tensors.dispose();
  },
);

deviceTest(
  "a reported output can be the input of a program",
  async (device) => {
    const runtime = runtimeOn(device);
    const { step, program } = await stepper(runtime, 37);
    const outputs = await step();
    const inputs = new Map([["x", outputs.get("y")!], [
      "w",
      outputs.get("v")!,
    ]]);
    const next = await program.run(inputs);
    ok(next._tag === "Right");
    deepStrictEqual(
      await next.right.get("y")!.read(),
      numbersOf(37).map((x) => 4 * (4 * x + 1) + 1),
    );
    deepStrictEqual(
      await next.right.get("v")!.read(),
      numbersOf(37).map((x) => 4 * x + (4 * x + 1)),
    );
    program.dispose();
    runtime.tensors.dispose();
  },
);

deviceTest("what is reported has to be an output", async (device) => {
  const runtime = runtimeOn(device);
  await rejects(
    listProgram(runtime, steps(4), { reported: ["loss"] }),
    /no output loss/,
  );
});
