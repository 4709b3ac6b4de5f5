/** The kernels of one candidate, on plain tensors. */
import { sizeOf } from "../../../core/mod.ts";
import type { Call, Kernel, Value } from "../wgsl/command_list.ts";
import { addUpAll } from "../compile/add_up.ts";
import { matmulKernels } from "../kernels/matmul/matmul.ts";
import { flatWorkgroups, kernelWriter } from "../wgsl/kernel_writer.ts";
import type { KernelLimits, Lowering } from "../wgsl/lowering.ts";
import { tensorOperand, tensorTarget } from "../wgsl/tensor.ts";
import type { Choice, Product } from "./product.ts";

/** Kernels and the values that they use: operands and result are the first three, planes the fourth. */
export interface Trial {
  readonly values: readonly Value[];
  /** Kernels in order. */
  readonly calls: readonly Call[];
}

/** Number of operands, which are filled before. */
export const OPERANDS = 2;

/** Operands and result. */
function valuesOf({ sizes, byFours }: Product): Value[] {
  const { batch, m, n, k, transposeA, transposeB } = sizes;
  const value = (
    shape: readonly number[],
    storage: Value["storage"] = "f32",
  ): Value => ({
    ...{ shape, storage, dtype: "float32" },
    place: { _tag: "Scratch" },
  });
  return [
    value(transposeA ? [batch, k, m] : [batch, m, k]),
    value(transposeB ? [batch, n, k] : [batch, k, n]),
    value([batch, m, n], byFours ? "bf16" : "f32"),
  ];
}

/** The kernels of a candidate, with those that add up its planes. */
export function trialOf(
  limits: KernelLimits,
  product: Product,
  { variant, split }: Choice,
): Trial {
  const values = valuesOf(product);
  const calls: Call[] = [];
  const lowering: Lowering = {
    ...{ values, limits },
    scratch: (shape, dtype = "float32", storage = "f32") =>
      values.push({ shape, dtype, storage, place: { _tag: "Scratch" } }) - 1,
    writer: () => kernelWriter(values),
    call: (call) => void calls.push(call),
    addUp: (partials) => addUpAll(lowering, [partials]),
  };
  const [a, b] = [tensorOperand(values, 0), tensorOperand(values, 1)];
  const target = tensorTarget(values, 2);
  matmulKernels(lowering, product.sizes, a, b, target, { variant, split });
  return { values, calls };
}

/** Invocations of a workgroup that fills. */
const WORKGROUP = 256;

/** The kernel that fills an operand with numbers in `[−½, ½)`. */
export function fillKernel(values: readonly Value[], id: number): Kernel {
  const count = sizeOf(values[id]!.shape);
  const writer = kernelWriter(values);
  const numbers = writer.buffer(id, "read_write", 1);
  return writer.finish({
    name: `fill ${count}`,
    workgroupSize: [WORKGROUP, 1, 1],
    workgroups: flatWorkgroups(Math.ceil(count / WORKGROUP)),
    body: `let at = workgroupIndex * ${WORKGROUP} + local;
if (at < ${count}) { ${numbers}[at] = f32((at * 37) & 1023) / 1024.0 - 0.5; }`,
  });
}
