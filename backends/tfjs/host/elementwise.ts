/**
 * Host kernels that treat every number alone.
 *
 * @module
 */
import type { Signature } from "../../../core/mod.ts";
import type { Fill, HostKernels } from "./host_kernel.ts";
import {
  broadcastStrides,
  forEachRow,
  innerLoop,
  loopNest,
} from "./strided.ts";

const zip =
  (f: (a: number, b: number) => number) =>
  (node: Signature, [a, b]: readonly Signature[]): Fill => {
    const nest = loopNest(node.shape, [
      broadcastStrides(a?.shape ?? [], node.shape),
      broadcastStrides(b?.shape ?? [], node.shape),
    ]);
    const [count, stepX = 0, stepY = 0] = innerLoop(nest);
    return (out, [x = out, y = out]) =>
      forEachRow(nest, (to, fromX, fromY) => {
        for (let i = 0; i < count; i++) {
          out[to + i] = f(x[fromX + i * stepX]!, y[fromY + i * stepY]!);
        }
      });
  };

/** Host kernels that treat every number alone. */
export const elementwiseKernels: HostKernels<
  "add" | "subtract" | "multiply" | "scale" | "square" | "mix" | "adamwUpdate"
> = {
  add: zip((a, b) => a + b),
  subtract: zip((a, b) => a - b),
  multiply: zip((a, b) => a * b),
  scale: ({ attributes: { factor } }) => (out, [x = out]) => {
    for (let i = 0; i < out.length; i++) out[i] = factor * x[i]!;
  },
  square: () => (out, [x = out]) => {
    for (let i = 0; i < out.length; i++) out[i] = x[i]! * x[i]!;
  },
  mix: ({ attributes: { weight } }) => (out, [a = out, b = out]) => {
    for (let i = 0; i < out.length; i++) {
      out[i] = weight * a[i]! + (1 - weight) * b[i]!;
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
