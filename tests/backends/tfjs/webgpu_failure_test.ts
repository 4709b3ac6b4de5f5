import { match, ok, strictEqual } from "node:assert/strict";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { traceGraph } from "../../../core/mod.ts";
import { compileProgram } from "../../../backends/tfjs/program.ts";
import { tensorPool } from "../../../backends/tfjs/tensor_pool.ts";
import { graphicsAdapter } from "../../../backends/webgpu/device/graphics_adapter.ts";
import { openWebGpu } from "../../../backends/tfjs/webgpu/open_webgpu.ts";
import { sharedDevice } from "../../../backends/webgpu/device/open_device.ts";
import { filled } from "../op_cases.ts";
import { value } from "../contract.ts";

const adapter = await graphicsAdapter();
const absent = typeof adapter === "string";
const skipped = absent ? ` [skipped: ${adapter}]` : "";

/** More than any device gives. */
const impossible = { size: 2 ** 50, usage: GPUBufferUsage?.STORAGE ?? 0 };

const squares = value(
  traceGraph((g) => ({ y: g.apply("square", {}, [g.input("x", [4])]) })),
);

Deno.test({
  name: `the library computes on the one device of the process${skipped}`,
  ignore: absent,
  fn: async () => {
    const { device } = (await openWebGpu()).storage as WebGPUBackend;
    const shared = value(await sharedDevice());
    strictEqual(device, shared.device);
  },
});

Deno.test({
  name:
    `run() fails when the device complains, and works again after${skipped}`,
  ignore: absent,
  fn: async () => {
    const device = await openWebGpu();
    const gpu = (device.storage as WebGPUBackend).device;
    let broken = true;
    const flaky = {
      ...device,
      kernels: {
        ...device.kernels,
        square: (...given: Parameters<typeof device.kernels.square>) => {
          const launch = device.kernels.square(...given);
          return (inputs: Parameters<typeof launch>[0]) => {
            if (broken) gpu.createBuffer(impossible).destroy();
            return launch(inputs);
          };
        },
      },
    };
    const pool = tensorPool(flaky);
    const program = value(compileProgram(flaky, pool, squares));
    const inputs = new Map([["x", pool.lend(pool.write(filled([4])))]]);
    const before = pool.liveBytes();
    const result = await program.run(inputs);
    strictEqual(result._tag === "Left" && result.left._tag, "ExecutionFailed");
    strictEqual(pool.liveBytes(), before);
    broken = false;
    strictEqual((await program.run(inputs))._tag, "Right");
    pool.releaseAll();
  },
});

Deno.test({
  name:
    `run() fails for good after an error that no run was watching${skipped}`,
  ignore: absent,
  fn: async () => {
    const device = await openWebGpu();
    const pool = tensorPool(device);
    const program = value(compileProgram(device, pool, squares));
    const inputs = new Map([["x", pool.lend(pool.write(filled([4])))]]);
    strictEqual((await program.run(inputs))._tag, "Right");
    (device.storage as WebGPUBackend).device.createBuffer(impossible);
    await new Promise((resume) => setTimeout(resume, 50));
    const result = await program.run(inputs);
    ok(result._tag === "Left" && result.left._tag === "ExecutionFailed");
    match(result.left.reason, /size|buffer|memory/i);
    pool.releaseAll();
  },
});
