/** One matrix product with its buffers, in every tile and split that the device can do. */
import type {
  Call,
  Value,
  ValueId,
} from "../../../backends/webgpu/wgsl/command_list.ts";
import { addUpAll } from "../../../backends/webgpu/compile/add_up.ts";
import { matmulKernels } from "../../../backends/webgpu/kernels/matmul/matmul.ts";
import {
  allowedVariants,
  defaultSplit,
  type MatmulSizes,
  splitCandidates,
  type VariantName,
} from "../../../backends/webgpu/kernels/matmul/matmul_variants.ts";
import { runtimeOn } from "../../../backends/webgpu/runtime/runtime.ts";
import { binder } from "../../../backends/webgpu/runtime/dispatches.ts";
import { pipelineFailure } from "../../../backends/webgpu/runtime/launches.ts";
import { kernelWriter } from "../../../backends/webgpu/wgsl/kernel_writer.ts";
import type {
  KernelLimits,
  Lowering,
  Partials,
} from "../../../backends/webgpu/wgsl/lowering.ts";
import {
  tensorOperand,
  tensorTarget,
} from "../../../backends/webgpu/wgsl/tensor.ts";
import { type Shape, sizeOf } from "../../../core/mod.ts";
import type { MadeKernel } from "../machine/made_kernel.ts";
import { fillRandomly } from "../machine/open_card.ts";

/** A tile and a number of parts of the sum. */
export interface ProductChoice {
  /** The tile. */
  readonly variant: VariantName;
  /** The parts. */
  readonly split: number;
}

/** Choices that are worth a measurement, the default first, then one of each tile. */
export function choicesFor(
  limits: KernelLimits,
  sizes: MatmulSizes,
): readonly ProductChoice[] {
  // Without tiles a product of these sizes takes twenty times as long.
  const variants = allowedVariants(limits, sizes)
    .filter((variant, i) => i === 0 || variant !== "plain");
  const usual = variants.map((variant) => ({
    variant,
    split: defaultSplit(limits, sizes, variant),
  }));
  const others = variants.flatMap((variant, i) =>
    splitCandidates(limits, sizes, variant)
      .filter((split) => split !== usual[i]!.split)
      .map((split) => ({ variant, split }))
  );
  return [...usual, ...others];
}

/** Kernels of a product by itself. */
interface ProductList {
  readonly values: readonly Value[];
  readonly calls: readonly Call[];
}

function listOf(
  limits: KernelLimits,
  sizes: MatmulSizes,
  choice: ProductChoice,
): ProductList {
  const [values, calls]: [Value[], Call[]] = [[], []];
  const partials: Partials[] = [];
  const scratch = (shape: Shape): ValueId =>
    values.push({
      ...{ shape, dtype: "float32", storage: "f32" },
      place: { _tag: "Scratch" },
    }) - 1;
  const lowering: Lowering = {
    ...{ values, limits, scratch },
    writer: () => kernelWriter(values),
    call: (call) => void calls.push(call),
    addUp: (sums) => void partials.push(sums),
  };
  const { batch, m, n, k, transposeA, transposeB } = sizes;
  const a = scratch(transposeA ? [batch, k, m] : [batch, m, k]);
  const b = scratch(transposeB ? [batch, n, k] : [batch, k, n]);
  const c = scratch([batch, m, n]);
  const [left, right] = [a, b].map((id) => tensorOperand(values, id));
  const target = tensorTarget(values, c);
  matmulKernels(lowering, sizes, left!, right!, target, choice);
  addUpAll(lowering, partials);
  return { values, calls };
}

/** Bytes of a value, never none. */
const bytesOf = ({ shape }: Value): number => Math.max(256, 4 * sizeOf(shape));

/** Makes the kernels of products; buffers grow with the largest and are used for all. */
export interface ProductMaker {
  /**
   * The kernels of a product.
   *
   * @throws If the device cannot run them.
   */
  make(sizes: MatmulSizes, choice: ProductChoice): Promise<MadeKernel>;
}

/** Makes products on a device. */
export function productMaker(
  device: GPUDevice,
  limits: KernelLimits,
): ProductMaker {
  const { pipelines } = runtimeOn(device);
  const bind = binder(device, pipelines);
  const buffers: GPUBuffer[] = [];
  const bufferOf = (id: ValueId, bytes: number): GPUBuffer => {
    const known = buffers[id];
    if (known !== undefined && known.size >= bytes) return known;
    known?.destroy();
    const { STORAGE, COPY_DST } = GPUBufferUsage;
    const made = device.createBuffer({
      size: bytes,
      usage: STORAGE | COPY_DST,
    });
    buffers[id] = made;
    fillRandomly(device, made);
    return made;
  };
  return {
    make: async (sizes, choice) => {
      const { values, calls } = listOf(limits, sizes, choice);
      values.forEach((value, id) => bufferOf(id, bytesOf(value)));
      const bound = calls.flatMap((call) =>
        bind(call, (id) => ({
          buffer: buffers[id]!,
          offset: 0,
          bytes: bytesOf(values[id]!),
        }))
      );
      const failure = await pipelineFailure(
        bound.map(({ pipeline }) => pipeline),
      );
      if (failure !== null) throw new Error(failure);
      return {
        record: (pass, repeats) => {
          for (let i = 0; i < repeats; i++) {
            for (const { pipeline, group, workgroups } of bound) {
              pass.setPipeline(pipeline.pipeline);
              pass.setBindGroup(0, group);
              pass.dispatchWorkgroups(...workgroups);
            }
          }
        },
      };
    },
  };
}
