/** Specification of a measured step. */
import type { BackendChoice } from "../../backends/mod.ts";
import {
  DEFAULT_PRETRAIN_CONFIG,
  type Faults,
  type FreezePlan,
  gridSize,
  type ModelSpec,
  type Phase,
  phaseFlops,
  planOf,
  type PretrainConfig,
  type Result,
  stagesOnGrid,
} from "../../core/mod.ts";

/** Steps whose speed is wanted. */
export interface StepSpec {
  /** Name of the model. */
  readonly model: string;
  /** Sizes of the model. */
  readonly sizes: ModelSpec;
  /** Side of the images, pixels; `null` for the preset's. */
  readonly imageSize: number | null;
  /** Images of a step. */
  readonly batchSize: number;
  /** Device, or `auto`. */
  readonly backend: BackendChoice;
  /** Number of frozen layers. */
  readonly frozen: number;
  /** Steps that are timed, after one that is not. */
  readonly steps: number;
  /** Precision of frozen blocks. */
  readonly precision: "float32" | "int8";
  /** Threads that compute, on a device that can choose; `null` for its default. */
  readonly threads: number | null;
}

/** Result of a measured step. */
export interface StepRow {
  /** Device that computed. */
  readonly backend: string;
  /** Name of the model. */
  readonly model: string;
  /** Side of the images, pixels. */
  readonly imageSize: number;
  /** Images of a step. */
  readonly batchSize: number;
  /** Description by the device, for example its number of threads. */
  readonly device: string;
  /** The machine's processor and its instructions for products. */
  readonly processor: string;
  /** Number of frozen layers. */
  readonly frozen: number;
  /** Number of stages with a loss. */
  readonly liveStages: number;
  /** Milliseconds of the fastest step; of a device that runs ahead, of the mean of all. */
  readonly ms: number;
  /** Milliseconds of its forward and backward pass. */
  readonly gradientMs: number;
  /** Milliseconds of its optimizer; on a graphics processor only until the work is handed over. */
  readonly updateMs: number;
  /** Milliseconds until its images were there. */
  readonly dataMs: number;
  /** Operations of a step by the cost model. */
  readonly flops: number;
  /** The largest memory of the process during the timed steps, without JavaScript's heap and what it held when programs and images were ready, MB. */
  readonly stepMb: number;
  /** Memory of a step's tensors by the lifetimes in its graph, MB. */
  readonly predictedMb: number;
  /** The largest memory that the process held since the first step or before, MB. */
  readonly peakRssMb: number;
  /** Dispatches of a step on a card; `null` on devices that do not tell. */
  readonly dispatches: number | null;
  /** Least milliseconds of the processor to hand a step over to a card. */
  readonly encodeMs: number | null;
  /** Bytes that a step's kernels read and write, 10⁶. */
  readonly movedMb: number | null;
}

/** So many steps that no two layers freeze at once. */
const PLANNED_STEPS = 100_000;

/** The model of a spec. */
export function benchedModel(
  { sizes, imageSize }: Pick<StepSpec, "sizes" | "imageSize">,
): ModelSpec {
  const model = { ...sizes, imageSize: imageSize ?? sizes.imageSize };
  return { ...model, stages: stagesOnGrid(model.stages, gridSize(model)) };
}

/** The configuration of a spec: the papers' recipe, cubic with `t0 = 0.8`. */
export function benchedConfig(spec: StepSpec): PretrainConfig {
  const config = configOf(benchedModel(spec), spec.batchSize);
  return spec.precision === "int8"
    ? { ...config, frozenPrecision: spec.precision }
    : config;
}

/** The papers' recipe for a model and batch. */
export function configOf(
  model: ModelSpec,
  batchSize: number,
): PretrainConfig {
  return {
    ...DEFAULT_PRETRAIN_CONFIG,
    model,
    training: {
      epochs: 1,
      warmupEpochs: 0,
      batchSize,
      accumIter: 1,
      seed: 0,
    },
  };
}

/** A long plan of a configuration: every number of frozen layers has its phase. */
export function benchedPlan(
  config: PretrainConfig,
): Result<Faults, FreezePlan> {
  return planOf(config, PLANNED_STEPS * config.training.batchSize);
}

/** Operations of a step in a phase. */
export function stepFlops(
  plan: FreezePlan,
  phase: Phase,
  batchSize: number,
): number {
  return batchSize * phaseFlops(plan)(phase);
}
