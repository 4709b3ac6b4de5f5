/** What programs on one device share. */
import { type DeviceWatch, deviceWatch } from "./device_watch.ts";
import { type Pipelines, pipelinesOf } from "./pipelines.ts";
import { type ScratchPool, scratchPool } from "./memory/scratch_pool.ts";
import { type Tensors, tensorsOn } from "./memory/tensors.ts";

/** A device with its tensors, kernels and errors. */
export interface Runtime {
  /** The device. */
  readonly device: GPUDevice;
  /** Tensors that callers have. */
  readonly tensors: Tensors;
  /** Kernels that were compiled. */
  readonly pipelines: Pipelines;
  /** Errors. */
  readonly watch: DeviceWatch;
  /** Intermediate values. */
  readonly scratch: ScratchPool;
}

/** Prepares a device for programs. */
export function runtimeOn(device: GPUDevice): Runtime {
  const watch = deviceWatch(device);
  return {
    device,
    tensors: tensorsOn(device, watch.failure),
    pipelines: pipelinesOf(device),
    watch,
    scratch: scratchPool(device),
  };
}
