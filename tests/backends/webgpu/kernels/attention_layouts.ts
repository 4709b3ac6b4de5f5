/** Operands of attention in memory: each by itself, or as parts of one tensor. */
import type { ValueId } from "../../../../backends/webgpu/wgsl/command_list.ts";
import type { AttentionSizes } from "../../../../backends/webgpu/kernels/attention/attention_tiles.ts";
import type {
  Operand,
  Target,
} from "../../../../backends/webgpu/wgsl/operand.ts";
import type { Position } from "../../../../backends/webgpu/wgsl/position.ts";
import {
  tensorOperand,
  tensorTarget,
} from "../../../../backends/webgpu/wgsl/tensor.ts";
import { type Shape, sizeOf } from "../../../../core/mod.ts";
import type { TestLowering } from "../run_calls.ts";

export type Numbers = ArrayLike<number>;

/** Inputs by name; all of shape `[batch, heads, tokens, width]`. */
export interface Given {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly gradient: Float32Array;
}

/** Shape of every operand and of the output. */
export const shapeOf = (
  { batch, heads, tokens, width }: AttentionSizes,
): Shape => [
  batch,
  heads,
  tokens,
  width,
];

/** Where the tensors lie: each by itself, or q, k, v and their gradients as parts of one. */
export interface Layout {
  readonly operands: Readonly<Record<"q" | "k" | "v", Operand>>;
  readonly targets: Readonly<Record<"q" | "k" | "v", Target>>;
  readonly values: ReadonlyMap<ValueId, Numbers>;
  readonly wanted: readonly ValueId[];
  /** Gradients of q, k, v in the order of the operands, of the wanted values. */
  readonly gradients: (read: readonly Numbers[]) => readonly Numbers[];
}

export type LayoutOf = (
  lowering: TestLowering,
  sizes: AttentionSizes,
  given: Given,
) => Layout;

const named = <T>([q, k, v]: readonly T[]) => ({ q: q!, k: k!, v: v! });

/** Every tensor in a value of its own. */
export const apart: LayoutOf = (lowering, sizes, { q, k, v }) => {
  const made = () => [0, 1, 2].map(() => lowering.value(shapeOf(sizes)));
  const [ids, grads] = [made(), made()];
  return {
    operands: named(ids.map((id) => tensorOperand(lowering.values, id))),
    targets: named(grads.map((id) => tensorTarget(lowering.values, id))),
    values: new Map([q, k, v].map((numbers, i) => [ids[i]!, numbers])),
    wanted: grads,
    gradients: (read) => read,
  };
};

/** Position of a part's number in `[batch, tokens, 3, heads, width]`. */
const partPosition = (position: Position, part: number): Position => {
  if (!("at" in position)) throw new Error("positions have an index an axis");
  const [sample, head, token, channel] = position.at;
  return { at: [sample!, token!, `${part}`, head!, channel!] };
};

/** A part of `[batch, tokens, 3, heads, width]` as `[batch, heads, tokens, width]`. */
function partOperand(whole: Operand, shape: Shape, part: number): Operand {
  const open: Operand["open"] = (writer) => {
    const source = whole.open(writer);
    return {
      at: (block, at) => source.at(block, partPosition(at, part)),
      at4: (block, at) => source.at4(block, partPosition(at, part)),
    };
  };
  return { shape, vector: whole.vector, open };
}

/** As `partOperand`, to write. */
function partTarget(whole: Target, shape: Shape, part: number): Target {
  const open: Target["open"] = (writer) => {
    const sink = whole.open(writer);
    return {
      put: (block, at, x) => sink.put(block, partPosition(at, part), x),
      put4: (block, at, x) => sink.put4(block, partPosition(at, part), x),
    };
  };
  return { ...whole, shape, open };
}

/** Position of number `i` of part `part` in the whole. */
const placeInWhole = (
  { heads, tokens, width }: AttentionSizes,
  part: number,
  i: number,
): number => {
  const channel = i % width;
  const token = Math.floor(i / width) % tokens;
  const head = Math.floor(i / width / tokens) % heads;
  const sample = Math.floor(i / width / tokens / heads);
  return (((sample * tokens + token) * 3 + part) * heads + head) * width +
    channel;
};

/** q, k, v as parts of one tensor, and their gradients of another. */
export const together: LayoutOf = (lowering, sizes, { q, k, v }) => {
  const { batch, heads, tokens, width } = sizes;
  const shape = shapeOf(sizes);
  const wholeShape = [batch, tokens, 3, heads, width];
  const [id, grad] = [lowering.value(wholeShape), lowering.value(wholeShape)];
  const whole = new Float32Array(sizeOf(wholeShape));
  [q, k, v].forEach((numbers, part) =>
    numbers.forEach((x, i) => whole[placeInWhole(sizes, part, i)] = x)
  );
  const operand = tensorOperand(lowering.values, id);
  const target = tensorTarget(lowering.values, grad);
  return {
    operands: named([0, 1, 2].map((i) => partOperand(operand, shape, i))),
    targets: named([0, 1, 2].map((i) => partTarget(target, shape, i))),
    values: new Map([[id, whole]]),
    wanted: [grad],
    gradients: ([read]) =>
      [0, 1, 2].map((part) =>
        q.map((_, i) => read![placeInWhole(sizes, part, i)]!)
      ),
  };
};
