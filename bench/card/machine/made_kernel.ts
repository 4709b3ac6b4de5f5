/** A kernel with its buffers, ready to be recorded. */

/** Something to dispatch. */
export interface MadeKernel {
  /** Records it so many times. */
  record(pass: GPUComputePassEncoder, repeats: number): void;
}

/** Throws what a device has to say against some work. */
export async function orThrowGpu<A>(
  device: GPUDevice,
  work: () => A,
): Promise<A> {
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  const made = work();
  const errors = [await device.popErrorScope(), await device.popErrorScope()];
  const error = errors.find((one) => one !== null);
  if (error) throw new Error(error.message);
  return made;
}

/** A pipeline, its bindings told by the code. */
export function pipelineOf(
  device: GPUDevice,
  code: string,
): GPUComputePipeline {
  const module = device.createShaderModule({ code });
  return device.createComputePipeline({
    layout: "auto",
    compute: { module, entryPoint: "main" },
  });
}

/** The bind group of some buffers. */
export const groupOf = (
  device: GPUDevice,
  pipeline: GPUComputePipeline,
  buffers: readonly GPUBuffer[],
): GPUBindGroup =>
  device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({
      binding,
      resource: { buffer },
    })),
  });

/** Records a pipeline with its bindings so many times. */
export function recordCalls(
  pass: GPUComputePassEncoder,
  pipeline: GPUComputePipeline,
  group: GPUBindGroup,
  workgroups: readonly [number, number, number],
  repeats: number,
): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(...workgroups);
}

/** A kernel from its code. */
export function makeKernel(
  device: GPUDevice,
  code: string,
  buffers: readonly GPUBuffer[],
  workgroups: readonly [number, number, number],
): MadeKernel {
  const pipeline = pipelineOf(device, code);
  const group = groupOf(device, pipeline, buffers);
  return {
    record: (pass, repeats) =>
      recordCalls(pass, pipeline, group, workgroups, repeats),
  };
}
