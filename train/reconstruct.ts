/**
 * What a model makes of the hidden patches.
 *
 * @module
 */
import type { Backend, DeviceTensors } from "../backends/backend.ts";
import {
  left,
  type ModelSpec,
  reconstructionGraph,
  type Result,
  right,
} from "../core/mod.ts";
import type { Batch } from "../data/mod.ts";
import { batchTensors, type Moment, uploadAll } from "./batch_tensors.ts";
import type { TrainError } from "./train_error.ts";
import { disposeAll, download } from "./train_state.ts";

/** Predictions and targets of one stage for a batch. */
export interface StageReconstruction {
  /** Number of the stage. */
  readonly index: number;
  /** Target cells along one side of the image. */
  readonly cells: number;
  /** `[B, cells², channels·nbins]`. */
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

/**
 * Runs every stage on a batch.
 *
 * @param backend Where the model runs.
 * @param spec Sizes.
 * @param parameters The model's parameters on that device.
 * @param batch Images.
 * @param moment Which masks: those of this seed and epoch.
 */
export async function reconstruct(
  backend: Backend,
  spec: ModelSpec,
  parameters: DeviceTensors,
  batch: Pick<Batch, "images" | "indices">,
  moment: Moment,
): Promise<Result<TrainError, Reconstruction>> {
  const graph = reconstructionGraph(spec, batch.indices.length);
  if (graph._tag === "Left") {
    return left({ _tag: "BadConfig", faults: graph.left });
  }
  const program = await backend.compile(graph.right);
  if (program._tag === "Left") {
    return left({ _tag: "BackendFailed", error: program.left });
  }
  const tensors = batchTensors(spec, batch, moment);
  const inputs = uploadAll(backend, tensors);
  const outputs = await program.right.run(new Map([...parameters, ...inputs]));
  disposeAll(inputs.values());
  program.right.dispose();
  if (outputs._tag === "Left") {
    return left({ _tag: "BackendFailed", error: outputs.left });
  }
  const values = await download(outputs.right);
  disposeAll(outputs.right.values());
  const named = (name: string): Float32Array =>
    values.get(name) ?? new Float32Array();
  return right({
    patchMask: Float32Array.from(tensors["mask"]?.data ?? []),
    stages: spec.stages.map(({ scale }, index) => ({
      index,
      cells: scale * spec.imageSize / spec.patchSize,
      target: named(`target/${index}`),
      prediction: named(`prediction/${index}`),
    })),
  });
}
