/** Predictions of hidden patches beside their targets. */
import type { Backend, DeviceTensors } from "../../backends/backend.ts";
import {
  cellsPerSide,
  type ModelSpec,
  reconstructionGraph,
  type Result,
  right,
} from "../../core/mod.ts";
import type { Batch } from "../../data/mod.ts";
import { compileGraph, runOnce } from "../engine/programs.ts";
import type { HostTensors } from "../engine/tensors.ts";
import { batchTensors, type EpochDraw } from "../tasks/batch_tensors.ts";
import type { TrainError } from "../train_error.ts";

/** Predictions and targets of one stage for a batch. */
export interface StageReconstruction {
  /** Number of the stage. */
  readonly index: number;
  /** Target cells along one side of the image. */
  readonly cells: number;
  /** `[B, cells², values]`: histograms channel by channel, or pixels row by row, channels last. */
  readonly target: Float32Array;
  /** The same shape. */
  readonly prediction: Float32Array;
}

/** Predictions and targets of all stages for a batch. */
export interface Reconstruction {
  /** 1 where a patch was hidden, `[B, L]`. */
  readonly patchMask: Float32Array;
  /** Stages, shallow to deep; a pruned one as it was when it froze. */
  readonly stages: readonly StageReconstruction[];
}

function stagesOf(
  spec: ModelSpec,
  values: HostTensors,
): readonly StageReconstruction[] {
  const named = (name: string): Float32Array =>
    values.get(name) ?? new Float32Array();
  return spec.stages.map((stage, index) => ({
    index,
    cells: cellsPerSide(spec, stage),
    target: named(`target/${index}`),
    prediction: named(`prediction/${index}`),
  }));
}

/**
 * Runs every stage on a batch.
 *
 * @param parameters The model's parameters on that device.
 * @param draw Seed and epoch of the masks.
 * @returns Predictions and targets, or why there are none: the engine failed.
 */
export async function reconstruct(
  backend: Backend,
  spec: ModelSpec,
  parameters: DeviceTensors,
  batch: Pick<Batch, "images" | "indices">,
  draw: EpochDraw,
): Promise<Result<TrainError, Reconstruction>> {
  const graph = reconstructionGraph(spec, batch.indices.length);
  const program = await compileGraph(backend, graph);
  if (program._tag === "Left") return program;
  const tensors = batchTensors(spec, batch, draw);
  const values = await runOnce(backend, program.right, parameters, tensors);
  program.right.dispose();
  return values._tag === "Left" ? values : right({
    patchMask: Float32Array.from(tensors["mask"]?.data ?? []),
    stages: stagesOf(spec, values.right),
  });
}
