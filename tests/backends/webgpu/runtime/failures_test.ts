/** Work that the device refuses, devices that are lost, and runs that are not wanted any more. */
import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import type {
  DeviceTensor,
  DeviceTensors,
} from "../../../../backends/backend.ts";
import type {
  CommandList,
  Kernel,
} from "../../../../backends/webgpu/wgsl/command_list.ts";
import { listProgram } from "../../../../backends/webgpu/runtime/program.ts";
import {
  type Runtime,
  runtimeOn,
} from "../../../../backends/webgpu/runtime/runtime.ts";
import { deviceTest } from "../device_tests.ts";
import { numbersOf, outputsOf, programOf, steps } from "./small_lists.ts";

/** A device of its own, that may be destroyed. */
async function ownDevice(): Promise<GPUDevice> {
  const adapter = await globalThis.navigator.gpu.requestAdapter();
  return await adapter!.requestDevice();
}

const inputsOf = ({ tensors }: Runtime, count: number): DeviceTensors =>
  new Map([["x", 1] as const, ["w", 3] as const].map(([name, factor]) => [
    name,
    tensors.upload({ shape: [count], data: numbersOf(count, factor) }),
  ]));

/** The list with its last kernel, the one that writes in place, changed. */
function spoilt(change: (kernel: Kernel) => Kernel): CommandList {
  const list = steps(61);
  return {
    ...list,
    calls: list.calls.map((call, i) =>
      i === 3 && call._tag === "Kernel" ? change(call) : call
    ),
  };
}

const SPOILT: Readonly<Record<string, CommandList>> = {
  "one binding short": spoilt((kernel) => ({
    ...kernel,
    bindings: kernel.bindings.slice(1),
  })),
  "in too many workgroups": spoilt((kernel) => ({
    ...kernel,
    workgroups: [70_000, 1, 1],
  })),
};

for (const [what, list] of Object.entries(SPOILT)) {
  deviceTest(
    `a run with a kernel ${what} leaves everything as it was`,
    async (device) => {
      const runtime = runtimeOn(device);
      const [good, bad] = [
        await programOf(runtime, steps(61), { reported: ["y"] }),
        await programOf(runtime, list, { reported: ["y"] }),
      ];
      let inputs = inputsOf(runtime, 61);
      for (let turn = 1; turn <= 3; turn++) {
        const failed = await bad.run(inputs);
        ok(failed._tag === "Left" && failed.left._tag === "ExecutionFailed");
        ok(failed.left.reason.length > 0);
        deepStrictEqual(runtime.tensors.liveTensors(), 2);
        deepStrictEqual(
          await inputs.get("w")!.read(),
          numbersOf(61, 2 + turn),
        );
        const outputs = await outputsOf(good, inputs);
        const y: DeviceTensor = outputs.get("y")!;
        deepStrictEqual(await y.read(), numbersOf(61).map((x) => 4 * x + 1));
        y.dispose();
        inputs = new Map([
          ["x", inputs.get("x")!],
          ["w", outputs.get("v")!],
        ]);
      }
      [good, bad].forEach((program) => program.dispose());
      runtime.tensors.dispose();
    },
  );
}

deviceTest(
  "on a device that is gone, runs fail and nothing can be read",
  async () => {
    const own = await ownDevice();
    const runtime = runtimeOn(own);
    const program = await programOf(runtime, steps(9), { reported: ["y"] });
    const inputs = inputsOf(runtime, 9);
    const outputs = await outputsOf(program, inputs);
    own.destroy();
    const [y, v] = [outputs.get("y")!, outputs.get("v")!];
    const next = new Map([...inputs, ["w", v]]);
    const [atOnce] = await Promise.all([
      program.run(next),
      rejects(v.read()),
    ]);
    await own.lost;
    await rejects(y.read(), /lost/);
    await rejects(v.read(), /lost/);
    if (atOnce._tag === "Right") {
      for (const tensor of atOnce.right.values()) await rejects(tensor.read());
    }
    const later = await program.run(next);
    ok(later._tag === "Left" && later.left._tag === "ExecutionFailed");
    ok(later.left.reason.includes("lost"), later.left.reason);
    const made = await listProgram(runtime, steps(10));
    ok(made._tag === "Left" && made.left._tag === "ExecutionFailed");
    program.dispose();
    runtime.tensors.dispose();
  },
);

/** The device, of which the next scopes hear that memory is short. */
function shortOfMemory(real: GPUDevice): {
  device: GPUDevice;
  fail: (times: number) => void;
} {
  let left = 0;
  const scopes: string[] = [];
  const device = new Proxy(real, {
    get: (target, key) => {
      const found = Reflect.get(target, key, target);
      if (typeof found !== "function") return found;
      if (key === "pushErrorScope") {
        return (scope: GPUErrorFilter) => {
          scopes.push(scope);
          target.pushErrorScope(scope);
        };
      }
      if (key === "popErrorScope") {
        return async () => {
          const isShort = scopes.pop() === "out-of-memory" && left-- > 0;
          const heard = await target.popErrorScope();
          return isShort ? { message: "no room" } : heard;
        };
      }
      return found.bind(target);
    },
  });
  return { device, fail: (times) => left = times };
}

deviceTest(
  "a lack of memory is named, and what needs less goes on",
  async (device) => {
    const { device: short, fail } = shortOfMemory(device);
    const runtime = runtimeOn(short);
    fail(1);
    const refused = await listProgram(runtime, steps(900));
    ok(refused._tag === "Left" && refused.left._tag === "ExecutionFailed");
    ok(refused.left.reason.includes("too little memory"));
    deepStrictEqual(runtime.scratch.bytes(), 0);
    const program = await programOf(runtime, steps(9));
    const inputs = inputsOf(runtime, 9);
    fail(1);
    const failed = await program.run(inputs);
    ok(failed._tag === "Left" && failed.left._tag === "ExecutionFailed");
    ok(failed.left.reason.includes("too little memory"));
    fail(0);
    const outputs = await outputsOf(program, inputs);
    deepStrictEqual(
      await outputs.get("y")!.read(),
      numbersOf(9).map((x) => 4 * x + 1),
    );
    program.dispose();
    runtime.tensors.dispose();
  },
);

deviceTest(
  "a run that is not wanted any more hands over nothing",
  async (device) => {
    const runtime = runtimeOn(device);
    const program = await programOf(runtime, steps(9));
    const inputs = inputsOf(runtime, 9);
    const stopped = await program.run(inputs, AbortSignal.abort());
    ok(stopped._tag === "Left");
    deepStrictEqual(stopped.left, { _tag: "Interrupted", device: "webgpu" });
    deepStrictEqual(await inputs.get("w")!.read(), numbersOf(9, 3));
    const { signal } = new AbortController();
    const wanted = await program.run(inputs, signal);
    ok(wanted._tag === "Right");
    program.dispose();
    runtime.tensors.dispose();
  },
);
