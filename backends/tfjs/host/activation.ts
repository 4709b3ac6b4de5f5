/**
 * Host kernels of ReLU, GELU and softmax.
 *
 * @module
 */
import type { HostKernels } from "./host_kernel.ts";
import { geluSlope, normalCdf } from "./normal_distribution.ts";

/** Host kernels of ReLU, GELU and softmax with their gradients. */
export const activationKernels: HostKernels<
  | "relu"
  | "reluGrad"
  | "gelu"
  | "geluGrad"
  | "softmax"
  | "softmaxGrad"
  | "logSoftmax"
> = {
  relu: () => (out, [x = out]) => {
    for (let i = 0; i < out.length; i++) out[i] = Math.max(x[i]!, 0);
  },
  reluGrad: () => (out, [dy = out, x = out]) => {
    for (let i = 0; i < out.length; i++) out[i] = x[i]! > 0 ? dy[i]! : 0;
  },
  gelu: () => (out, [x = out]) => {
    for (let i = 0; i < out.length; i++) out[i] = x[i]! * normalCdf(x[i]!);
  },
  geluGrad: () => (out, [dy = out, x = out]) => {
    for (let i = 0; i < out.length; i++) out[i] = dy[i]! * geluSlope(x[i]!);
  },
  softmax: ({ shape }) => {
    const width = shape.at(-1) ?? 1;
    return (out, [x = out]) => {
      for (let start = 0; start < out.length; start += width) {
        let top = -Infinity;
        for (let i = start; i < start + width; i++) top = Math.max(top, x[i]!);
        let total = 0;
        for (let i = start; i < start + width; i++) {
          const power = Math.exp(x[i]! - top);
          out[i] = power;
          total += power;
        }
        for (let i = start; i < start + width; i++) out[i] = out[i]! / total;
      }
    };
  },
  logSoftmax: ({ shape }) => {
    const width = shape.at(-1) ?? 1;
    return (out, [x = out]) => {
      for (let start = 0; start < out.length; start += width) {
        let top = -Infinity;
        for (let i = start; i < start + width; i++) top = Math.max(top, x[i]!);
        let total = 0;
        for (let i = start; i < start + width; i++) {
          total += Math.exp(x[i]! - top);
        }
        const log = Math.log(total);
        for (let i = start; i < start + width; i++) out[i] = x[i]! - top - log;
      }
    };
  },
  softmaxGrad: ({ shape }) => {
    const width = shape.at(-1) ?? 1;
    return (out, [dy = out, y = out]) => {
      for (let start = 0; start < out.length; start += width) {
        let mean = 0;
        for (let i = start; i < start + width; i++) mean += dy[i]! * y[i]!;
        for (let i = start; i < start + width; i++) {
          out[i] = y[i]! * (dy[i]! - mean);
        }
      }
    };
  },
};
