/**
 * All host kernels.
 *
 * @module
 */
import type { ComputedOp } from "../device.ts";
import { activationKernels } from "./activation.ts";
import { convolutionKernels } from "./convolution.ts";
import { elementwiseKernels } from "./elementwise.ts";
import { hogKernels } from "./hog.ts";
import type { HostKernels } from "./host_kernel.ts";
import { layoutKernels } from "./layout.ts";
import { matmulKernels } from "./matmul.ts";
import { normalizationKernels } from "./normalization.ts";
import { rowKernels } from "./rows.ts";

/** A host kernel for every op. */
export const HOST_KERNELS: HostKernels<ComputedOp> = {
  ...activationKernels,
  ...convolutionKernels,
  ...elementwiseKernels,
  ...hogKernels,
  ...layoutKernels,
  ...matmulKernels,
  ...normalizationKernels,
  ...rowKernels,
};
