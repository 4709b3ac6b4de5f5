/** A trained linear probe as a linear layer. */
import { PROBE_EPSILON, PROBE_NAMES, type ProbeSpec } from "../../core/mod.ts";
import type { Snapshot } from "../engine/state.ts";
import type { HostTensors } from "../engine/tensors.ts";

/** The part of a probe's state that gives its scores. */
export type TrainedProbe = Pick<Snapshot, "parameters" | "statistics">;

/** A linear layer on features. */
export interface LinearHead {
  /** `[classes, width]`, row-major. */
  readonly weight: Float32Array;
  /** `[classes]`. */
  readonly bias: Float32Array;
}

/**
 * A trained probe as one linear layer: `W·(x − mean)/√(variance + ε) + b` with its running
 * statistics.
 */
export function foldedProbe(
  { width, classes }: ProbeSpec,
  { parameters, statistics }: TrainedProbe,
): LinearHead {
  const of = (tensors: HostTensors, name: string) =>
    tensors.get(name) ?? new Float32Array();
  const { mean, variance, weight, bias } = PROBE_NAMES;
  const [rows, offsets] = [of(parameters, weight), of(parameters, bias)];
  const means = of(statistics, mean);
  const scales = Float64Array.from(
    of(statistics, variance),
    (v) => 1 / Math.sqrt(v + PROBE_EPSILON),
  );
  const out = new Float32Array(classes * width);
  const shifted = Float64Array.from(offsets);
  for (let c = 0; c < classes; c++) {
    for (let f = 0; f < width; f++) {
      const scaled = (rows[c * width + f] ?? NaN) * (scales[f] ?? NaN);
      out[c * width + f] = scaled;
      shifted[c] = (shifted[c] ?? NaN) - scaled * (means[f] ?? NaN);
    }
  }
  return { weight: out, bias: Float32Array.from(shifted) };
}
