/**
 * What a checkpoint is made of.
 *
 * ```text
 * step-000000123/
 *   model.safetensors       every parameter under its timm and LocalMIM name in
 *                           PyTorch's layout, and the fixed position tables that
 *                           other programs expect
 *   optimizer.safetensors   the optimizer's state of what moved
 *   run.json                step, length and configuration of the run
 *   SHA512SUMS              digests of the three, as sha512sum writes them
 * ```
 *
 * @module
 */
import {
  decodePretrainConfig,
  describeFaults,
  type FreezePlan,
  gridSize,
  left,
  type ModelSpec,
  planOf,
  type PretrainConfig,
  type Result,
  right,
  type Shape,
  sinCosPositions,
  stateKinds,
  stateName,
} from "../core/mod.ts";
import type { StoredTensor } from "./safetensors.ts";
import { movedParameters } from "./tasks/pretrain.ts";

/** The run that a checkpoint is of. */
export interface RunIdentity {
  /** Everything that determines the run. */
  readonly config: PretrainConfig;
  /** Its plan. */
  readonly plan: FreezePlan;
}

/** What `run.json` says. */
export interface RunFile {
  /** Version of this form; checkpoints of version 1 have no digests. */
  readonly version: 1 | 2;
  /** Steps done. */
  readonly step: number;
  /** Optimizer steps of the whole run. */
  readonly totalSteps: number;
  /** Steps that were left out because they were not finite; absent if there is none. */
  readonly skipped?: number;
  /** The configuration as `encodePretrainConfig` gives it. */
  readonly config: unknown;
}

/** Files of a checkpoint. */
export const CHECKPOINT_FILES = {
  model: "model.safetensors",
  optimizer: "optimizer.safetensors",
  run: "run.json",
} as const;

/** Folder of a run's checkpoints in the run's own. */
export const CHECKPOINTS_FOLDER = "checkpoints";

/** A tensor that a file must hold. */
export interface NamedShape {
  /** Name in the file. */
  readonly name: string;
  /** Extents, outermost first. */
  readonly shape: Shape;
}

/**
 * Name of the checkpoint folder of a step; names sort like steps.
 *
 * @param step Steps done, below 10⁹.
 */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(9, "0")}`;
}

/** Steps done at a checkpoint, by its name. */
export function checkpointStep(name: string): number {
  return Number(name.replace("step-", ""));
}

/** Whether a folder is named like a whole checkpoint. */
export function isCheckpointName(name: string): boolean {
  return /^step-\d{9}$/.test(name);
}

/**
 * The run that a checkpoint says it is of: its plan follows from configuration
 * and length.
 *
 * @param file Content of its `run.json`.
 * @returns The run, or what is wrong with the configuration.
 */
export function identityOf(
  { config, totalSteps }: RunFile,
): Result<string, RunIdentity> {
  const decoded = decodePretrainConfig(config);
  if (decoded._tag === "Left") return left(describeFaults(decoded.left));
  const { epochs, batchSize, accumIter } = decoded.right.training;
  const samples = totalSteps / epochs * batchSize * accumIter;
  const plan = planOf(decoded.right, samples);
  return plan._tag === "Left"
    ? left(describeFaults(plan.left))
    : right({ config: decoded.right, plan: plan.right });
}

/** Position tables, which are fixed but part of timm's and LocalMIM's checkpoints. */
export function positionTables(
  model: ModelSpec,
): ReadonlyMap<string, StoredTensor> {
  const table = (width: number): StoredTensor => ({
    shape: [1, 1 + gridSize(model) ** 2, width],
    data: Float32Array.from(sinCosPositions(width, gridSize(model))),
  });
  const decoderTable = table(model.decoderEmbedDim);
  return new Map([
    ["pos_embed", table(model.embedDim)],
    ...model.stages.map((_, k) =>
      [`decoder.${k}.pos_embed`, decoderTable] as const
    ),
  ]);
}

/** Tensors of the optimizer in a checkpoint after `step` steps. */
export function optimizerTensors(
  { config, plan }: RunIdentity,
  step: number,
): readonly NamedShape[] {
  return movedParameters(config, plan, step).flatMap(({ name, shape }) =>
    stateKinds(config.optimizer).map((kind) => ({
      name: stateName(kind, name),
      shape,
    }))
  );
}
