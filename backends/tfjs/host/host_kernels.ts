/** The host kernels of all ops. */
import type { ComputedOp, KernelTable } from "../device.ts";
import { activationKernels } from "./activation.ts";
import { convolutionKernels } from "./convolution.ts";
import { elementwiseKernels } from "./elementwise.ts";
import { hogKernels } from "./hog.ts";
import {
  type HostKernel,
  type HostKernels,
  type HostMemory,
  onHost,
} from "./host_kernel.ts";
import { layoutKernels } from "./layout.ts";
import { matmulKernels } from "./matmul.ts";
import { normalizationKernels } from "./normalization.ts";
import { rowKernels } from "./rows.ts";

const HOST_KERNELS: HostKernels<ComputedOp> = {
  ...activationKernels,
  ...convolutionKernels,
  ...elementwiseKernels,
  ...hogKernels,
  ...layoutKernels,
  ...matmulKernels,
  ...normalizationKernels,
  ...rowKernels,
};

/** A kernel for every op that runs on a memory. */
export function hostKernels(memory: HostMemory): KernelTable {
  return Object.fromEntries(
    Object.entries(HOST_KERNELS).map(([op, kernel]) => [
      op,
      onHost(memory, kernel as HostKernel<ComputedOp>),
    ]),
  ) as unknown as KernelTable;
}
