/** The gradient of a micro-batch, computed in segments for all of its parts at one time. */
import type {
  Backend,
  DeviceTensor,
  DeviceTensors,
} from "../../../backends/backend.ts";
import { type Result, right } from "../../../core/mod.ts";
import type { TrainError } from "../../train_error.ts";
import {
  disposeAll,
  type HostBatch,
  orBackendFailed,
  uploadAll,
} from "../tensors.ts";
import type { PendingSums } from "./sums/pending_sums.ts";
import type { SegmentProgram } from "./segment_programs.ts";

/** A part of a micro-batch on its way through the segments. */
class PartRun {
  /** Tensors that stay the caller's. */
  readonly #given: DeviceTensors;
  /** The samples, and what segments have carried. */
  readonly #held: Map<string, DeviceTensor>;

  constructor(backend: Backend, given: DeviceTensors, part: HostBatch) {
    this.#given = given;
    this.#held = new Map(uploadAll(backend, part));
  }

  /** Computes a segment; its outputs become the caller's. */
  async run(
    { gradient, carries, releases }: SegmentProgram,
  ): Promise<Result<TrainError, DeviceTensors>> {
    const results = await gradient.run(
      new Map([...this.#given, ...this.#held]),
    );
    if (results._tag === "Left") return orBackendFailed(results);
    disposeAll(this.#taken(releases).values());
    const outputs = new Map(results.right);
    for (const name of carries) {
      const tensor = outputs.get(name);
      if (tensor !== undefined) this.#held.set(name, tensor);
      outputs.delete(name);
    }
    return right(outputs);
  }

  /** Puts what all ranks have, added up, in the place of what a segment has carried. */
  async sum(
    { sums }: SegmentProgram,
    ranks: PendingSums,
  ): Promise<Result<TrainError, void>> {
    const summed = await ranks.sum(this.#taken(sums));
    if (summed._tag === "Left") return summed;
    summed.right.forEach((tensor, name) => this.#held.set(name, tensor));
    return right(undefined);
  }

  /** Held tensors of these names; they are held no more. */
  #taken(names: readonly string[]): DeviceTensors {
    return new Map(names.flatMap((name) => {
      const tensor = this.#held.get(name);
      this.#held.delete(name);
      return tensor === undefined ? [] : [[name, tensor] as const];
    }));
  }

  dispose(): void {
    disposeAll(this.#held.values());
    this.#held.clear();
  }
}

/** Computes a segment for all parts at one time. */
async function runAll(
  runs: readonly PartRun[],
  segment: SegmentProgram,
): Promise<Result<TrainError, readonly DeviceTensors[]>> {
  const results = await Promise.all(runs.map((run) => run.run(segment)));
  const outputs = results.flatMap((result) =>
    result._tag === "Right" ? [result.right] : []
  );
  const failure = results.find((result) => result._tag === "Left");
  if (failure === undefined) return right(outputs);
  outputs.forEach((part) => disposeAll(part.values()));
  return failure;
}

/** Adds up over the ranks what later segments take as sums, if there are several ranks. */
async function sumAll(
  runs: readonly PartRun[],
  segment: SegmentProgram,
  ranks: PendingSums | null,
): Promise<Result<TrainError, void>> {
  if (ranks === null || segment.sums.length === 0) return right(undefined);
  const sums = await Promise.all(runs.map((run) => run.sum(segment, ranks)));
  return sums.find(({ _tag }) => _tag === "Left") ?? right(undefined);
}

/** A gradient, and how its samples come to the device. */
export interface SegmentedGradient {
  /** The engine. */
  readonly backend: Backend;
  /** Its segments in their order. */
  readonly segments: readonly SegmentProgram[];
  /** Sums over the ranks; `null` if there is one. */
  readonly ranks: PendingSums | null;
}

/** Takes the outputs of a segment, those of each part; says why if it cannot. */
export type TakeOutputs = (
  segment: number,
  outputs: readonly DeviceTensors[],
) => Promise<Result<TrainError, void>>;

/**
 * Computes the gradient of a micro-batch, segment by segment. Before the next one it waits
 * for the sums over the ranks that a segment names (`Segment.sums`), and for nothing else of
 * the ranks.
 *
 * @param given Parameters and statistics; they stay the caller's.
 * @param parts The samples of each part.
 * @param take Takes the outputs of each segment.
 * @returns Nothing, or the first error; besides what was taken nothing is left on the device.
 */
export async function runSegments(
  { backend, segments, ranks }: SegmentedGradient,
  given: DeviceTensors,
  parts: readonly HostBatch[],
  take: TakeOutputs,
): Promise<Result<TrainError, void>> {
  const runs = parts.map((part) => new PartRun(backend, given, part));
  try {
    for (const [k, segment] of segments.entries()) {
      const outputs = await runAll(runs, segment);
      if (outputs._tag === "Left") return outputs;
      // What the next segment waits for goes ahead of what it does not.
      const [summed, taken] = await Promise.all([
        sumAll(runs, segment, ranks),
        take(k, outputs.right),
      ]);
      if (summed._tag === "Left") return summed;
      if (taken._tag === "Left") return taken;
    }
    return right(undefined);
  } finally {
    runs.forEach((run) => run.dispose());
  }
}
