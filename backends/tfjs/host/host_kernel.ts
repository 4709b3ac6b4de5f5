/**
 * Kernels as plain loops over numbers in main memory, for the devices whose
 * tensors lie there.
 */
import type { NodeOf, Signature } from "../../../core/mod.ts";
import type { ComputedOp, Kernel, Numbers, StoredTensor } from "../device.ts";

/** Fills `out` from the numbers of the inputs; `out` holds anything before. */
export type Fill = (out: Numbers, inputs: readonly Numbers[]) => void;

/** Prepares the loops of an op for one node. */
export type HostKernel<Name extends ComputedOp> = (
  node: NodeOf<Name>,
  inputs: readonly Signature[],
) => Fill;

/** Host kernels of several ops. */
export type HostKernels<Names extends ComputedOp> = {
  readonly [Name in Names]: HostKernel<Name>;
};

/** Memory that JavaScript can see. */
export interface HostMemory {
  /** Makes a tensor with undefined content. */
  allocate(signature: Signature): StoredTensor;
  /**
   * The numbers of a tensor, not a copy. The view is good until the next
   * `allocate`, which may move the memory.
   */
  view(tensor: StoredTensor): Numbers;
}

/** Runs one host kernel on a memory. */
export function onHost<Name extends ComputedOp>(
  memory: HostMemory,
  kernel: HostKernel<Name>,
): Kernel<Name> {
  return (node, signatures) => {
    const fill = kernel(node, signatures);
    return (inputs) => {
      const out = memory.allocate(node);
      fill(memory.view(out), inputs.map(memory.view));
      return out;
    };
  };
}
