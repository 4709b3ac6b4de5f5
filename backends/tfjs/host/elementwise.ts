/** Host kernels that treat every number alone. */
import {
  type ElementwiseOp,
  LEAST_NORMAL,
  type Signature,
} from "../../../core/mod.ts";
import type { Numbers } from "../device.ts";
import type { Fill, HostKernels } from "./host_kernel.ts";
import {
  broadcastStrides,
  forEachRow,
  innerLoop,
  loopNest,
} from "./strided.ts";

/** One row of a broadcast result: the positions and steps of both operands. */
type Row = (
  out: Numbers,
  to: number,
  count: number,
  x: Numbers,
  atX: number,
  stepX: number,
  y: Numbers,
  atY: number,
  stepY: number,
) => void;

/** `x + factor·y`. */
const addScaled =
  (factor: number): Row => (out, to, count, x, atX, stepX, y, atY, stepY) => {
    for (let i = 0; i < count; i++) {
      out[to + i] = x[atX + i * stepX]! + factor * y[atY + i * stepY]!;
    }
  };

const multiplyRow: Row = (out, to, count, x, atX, stepX, y, atY, stepY) => {
  for (let i = 0; i < count; i++) {
    out[to + i] = x[atX + i * stepX]! * y[atY + i * stepY]!;
  }
};

const zip =
  (row: Row) => (node: Signature, [a, b]: readonly Signature[]): Fill => {
    const nest = loopNest(node.shape, [
      broadcastStrides(a?.shape ?? [], node.shape),
      broadcastStrides(b?.shape ?? [], node.shape),
    ]);
    const [count, stepX = 0, stepY = 0] = innerLoop(nest);
    return (out, [x = out, y = out]) =>
      forEachRow(
        nest,
        (to, atX, atY) => row(out, to, count, x, atX, stepX, y, atY, stepY),
      );
  };

/** Host kernels that treat every number alone. */
export const elementwiseKernels: HostKernels<ElementwiseOp> = {
  add: zip(addScaled(1)),
  subtract: zip(addScaled(-1)),
  multiply: zip(multiplyRow),
  scale: ({ attributes: { factor } }) => (out, [x = out]) => {
    for (let i = 0; i < out.length; i++) out[i] = factor * x[i]!;
  },
  square: () => (out, [x = out]) => {
    for (let i = 0; i < out.length; i++) out[i] = x[i]! * x[i]!;
  },
  rsqrt: ({ attributes: { epsilon } }) => (out, [x = out]) => {
    for (let i = 0; i < out.length; i++) {
      out[i] = 1 / Math.sqrt(x[i]! + epsilon);
    }
  },
  mix: ({ attributes: { weight } }) => (out, [a = out, b = out]) => {
    for (let i = 0; i < out.length; i++) {
      out[i] = weight * a[i]! + (1 - weight) * b[i]!;
    }
  },
  flush: () => (out, [x = out]) => {
    for (let i = 0; i < out.length; i++) {
      out[i] = Math.abs(x[i]!) <= LEAST_NORMAL ? 0 : x[i]!;
    }
  },
  adamwUpdate: ({ attributes: { weightDecay, epsilon } }) => (out, inputs) => {
    const [p = out, m = out, v = out, rates, corrections1, corrections2] =
      inputs;
    const rate = rates?.[0] ?? NaN;
    const kept = 1 - rate * weightDecay;
    const step = rate / (corrections1?.[0] ?? NaN);
    const spread = 1 / Math.sqrt(corrections2?.[0] ?? NaN);
    for (let i = 0; i < out.length; i++) {
      out[i] = p[i]! * kept -
        step * m[i]! / (Math.sqrt(v[i]!) * spread + epsilon);
    }
  },
};
