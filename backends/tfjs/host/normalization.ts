/** Host kernels of layer normalisation, unit length and clipping. */
import { clipFactor, globalNorm } from "../../../core/mod.ts";
import type { Numbers } from "../device.ts";
import type { HostKernels } from "./host_kernel.ts";

const meanOf = (x: Numbers, start: number, width: number): number => {
  let sum = 0;
  for (let i = start; i < start + width; i++) sum += x[i]!;
  return sum / width;
};

/** `1/√(variance + ε)` of one row, whose mean is known. */
const inverseDeviation = (
  x: Numbers,
  start: number,
  width: number,
  mean: number,
  epsilon: number,
): number => {
  let sum = 0;
  for (let i = start; i < start + width; i++) sum += (x[i]! - mean) ** 2;
  return 1 / Math.sqrt(sum / width + epsilon);
};

/** Host kernels of layer normalisation with its gradients, and of unit length. */
export const normalizationKernels: HostKernels<
  | "layerNorm"
  | "layerNormGrad"
  | "layerNormScaleGrad"
  | "l2Normalize"
  | "clipFactor"
> = {
  layerNorm: ({ attributes: { epsilon }, shape }) => {
    const width = shape.at(-1) ?? 1;
    return (out, [x = out, gain = out, bias = out]) => {
      for (let start = 0; start < out.length; start += width) {
        const mean = meanOf(x, start, width);
        const rstd = inverseDeviation(x, start, width, mean, epsilon);
        for (let i = 0; i < width; i++) {
          out[start + i] = (x[start + i]! - mean) * rstd * gain[i]! + bias[i]!;
        }
      }
    };
  },
  layerNormGrad: ({ attributes: { epsilon }, shape }) => {
    const width = shape.at(-1) ?? 1;
    return (out, [dy = out, x = out, gain = out]) => {
      for (let start = 0; start < out.length; start += width) {
        const mean = meanOf(x, start, width);
        const rstd = inverseDeviation(x, start, width, mean, epsilon);
        let offset = 0;
        let slope = 0;
        for (let i = 0; i < width; i++) {
          const scaled = dy[start + i]! * gain[i]!;
          offset += scaled;
          slope += scaled * (x[start + i]! - mean);
        }
        offset /= width;
        slope *= rstd * rstd / width;
        for (let i = 0; i < width; i++) {
          out[start + i] = rstd * (dy[start + i]! * gain[i]! - offset -
            (x[start + i]! - mean) * slope);
        }
      }
    };
  },
  layerNormScaleGrad: ({ attributes: { epsilon }, shape }) => {
    const width = shape.at(-1) ?? 1;
    return (out, [dy = out, x = out]) => {
      const sums = new Float64Array(width);
      for (let start = 0; start < x.length; start += width) {
        const mean = meanOf(x, start, width);
        const rstd = inverseDeviation(x, start, width, mean, epsilon);
        for (let i = 0; i < width; i++) {
          sums[i] = sums[i]! + dy[start + i]! * (x[start + i]! - mean) * rstd;
        }
      }
      out.set(sums);
    };
  },
  l2Normalize: ({ shape }) => {
    const width = shape.at(-1) ?? 1;
    return (out, [x = out]) => {
      for (let start = 0; start < out.length; start += width) {
        let sum = 0;
        for (let i = start; i < start + width; i++) sum += x[i]! ** 2;
        const length = Math.max(Math.sqrt(sum), 1e-12);
        for (let i = start; i < start + width; i++) out[i] = x[i]! / length;
      }
    };
  },
  clipFactor: ({ attributes: { maxNorm } }) => (out, [squares = out]) => {
    out[0] = clipFactor(maxNorm)(globalNorm(squares));
  },
};
