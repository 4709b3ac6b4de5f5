/**
 * Processor time to hand a step over: the shortest of many runs that found the device
 * idle. A processor on which WebGPU itself needs long for as many dispatches is measured
 * by that.
 */
import { ok } from "node:assert/strict";
import type {
  Backend,
  DeviceTensors,
  HostTensor,
} from "../../../backends/backend.ts";
import { sharedDevice } from "../../../backends/webgpu/device/open_device.ts";
import { webgpuBackend } from "../../../backends/webgpu/webgpu_backend.ts";
import {
  DEFAULT_PRETRAIN_CONFIG,
  inputSignatures,
  type ModelSpec,
  sizeOf,
} from "../../../core/mod.ts";
import { MODEL_PRESETS, orThrow, planOf, pretrainTask } from "../../../mod.ts";
import { joinedStep } from "../../../train/engine/step/joined_phase.ts";
import { planPhase } from "../../../train/engine/step/phase.ts";
import type { Task } from "../../../train/engine/task.ts";

const RUNS = 40;

/** As deep as ViT-B, and as narrow as a step of software can be. */
const DEEP: ModelSpec = {
  ...MODEL_PRESETS["vit-b"],
  ...{ embedDim: 48, numHeads: 4, decoderEmbedDim: 16, decoderNumHeads: 2 },
};

async function shortestEncoding(
  backend: Backend,
  model: ModelSpec,
): Promise<{ readonly milliseconds: number; readonly dispatches: number }> {
  const training = { ...DEFAULT_PRETRAIN_CONFIG.training, batchSize: 1 };
  const config = {
    ...DEFAULT_PRETRAIN_CONFIG,
    model,
    training: { ...training, accumIter: 1 },
  };
  const plan = orThrow(planOf(config, 1000));
  const task = pretrainTask({ config, plan }) as unknown as Task<unknown>;
  const planned = orThrow(await planPhase(backend, task, plan.phases[0]));
  const { graph, ...options } = orThrow(joinedStep(task, planned, true));
  const program = orThrow(await backend.compile(graph, options));
  const zeros = (shape: readonly number[], dtype: string): HostTensor => ({
    shape,
    data: dtype === "int32"
      ? new Int32Array(sizeOf(shape))
      : new Float32Array(sizeOf(shape)),
  });
  const signatures = {
    ...inputSignatures(graph),
    [options.guard!.allowance]: { shape: [], dtype: "float32" },
  };
  let inputs: DeviceTensors = new Map(
    Object.entries(signatures).map((
      [name, { shape, dtype }],
    ) => [name, backend.upload(zeros(shape, dtype))]),
  );
  let milliseconds = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const outputs = orThrow(await program.run(inputs));
    milliseconds = Math.min(milliseconds, program.work!.encodeMilliseconds);
    await outputs.get("loss")!.read();
    inputs = new Map([...inputs, ...outputs]);
  }
  const { dispatches } = program.work!;
  program.dispose();
  return { milliseconds, dispatches };
}

/** Milliseconds to record as many dispatches that do nothing, by WebGPU alone. */
function shortestBareEncoding(device: GPUDevice, dispatches: number): number {
  const code = `@group(0) @binding(0) var<storage, read_write> t : array<f32>;
@compute @workgroup_size(1) fn main() { t[0] = 0.0; }`;
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: {
      module: device.createShaderModule({ code }),
      entryPoint: "main",
    },
  });
  const buffers = Array.from(
    { length: 8 },
    () => device.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE }),
  );
  const groups = buffers.map((buffer) =>
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer } }],
    })
  );
  let shortest = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let k = 0; k < dispatches; k++) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, groups[k % groups.length]!);
      pass.dispatchWorkgroups(1);
    }
    pass.end();
    encoder.finish();
    shortest = Math.min(shortest, performance.now() - start);
  }
  buffers.forEach((buffer) => buffer.destroy());
  return shortest;
}

/** Times that the recording of a step may take of that of dispatches that do nothing. */
const MOST_TIMES = 10;

const backend = await webgpuBackend();

for (
  const [name, model, mostDispatches, most] of [
    ["nano", MODEL_PRESETS.nano, 350, 4],
    ["a model as deep as vit-b", DEEP, 450, 5],
  ] as const
) {
  Deno.test({
    name:
      `a step of ${name} is ${mostDispatches} dispatches at most, handed over in ${most} ms of the processor`,
    ignore: backend._tag === "Left",
    fn: async () => {
      const { milliseconds, dispatches } = await shortestEncoding(
        orThrow(backend),
        model,
      );
      ok(dispatches <= mostDispatches, `${dispatches} dispatches`);
      const { device } = orThrow(await sharedDevice());
      const bare = shortestBareEncoding(device, dispatches);
      ok(
        milliseconds <= Math.max(most, MOST_TIMES * bare),
        `${milliseconds} ms, ${bare} ms by WebGPU alone`,
      );
    },
  });
}
