/** Sums of the outputs of a step's segments: over its parts, then over the ranks. */
import type { Backend, DeviceTensors } from "../../../../backends/backend.ts";
import { type Result, right } from "../../../../core/mod.ts";
import type { TrainError } from "../../../train_error.ts";
import type { SumOrder } from "../../share.ts";
import { FACTOR_INPUT } from "../../programs.ts";
import { disposeAll, orBackendFailed } from "../../tensors.ts";
import type { CommunicationTimes } from "../../training.ts";
import { GroupSums } from "./group_sums.ts";
import type { PendingSums } from "./pending_sums.ts";
import type { SegmentProgram } from "../segment_programs.ts";

const prefixed = (prefix: string, tensors: DeviceTensors): DeviceTensors =>
  new Map([...tensors].map(([name, tensor]) => [`${prefix}/${name}`, tensor]));

/** Adds the outputs of one more part; takes both. */
async function add(
  { sum: program }: SegmentProgram,
  sum: DeviceTensors,
  part: DeviceTensors,
): Promise<Result<TrainError, DeviceTensors>> {
  if (program === null) return right(part);
  const total = await program.run(
    new Map([...prefixed("sum", sum), ...prefixed("part", part)]),
  );
  disposeAll(part.values());
  // The total has taken the place of the sum, unless the engine failed.
  disposeAll(sum.values());
  return orBackendFailed(total);
}

/** Steps of the plan that are taken at once, on an engine. */
export interface StepsAtOnce {
  readonly backend: Pick<Backend, "upload">;
  readonly steps: number;
}

/** The mean of sums over some steps of the plan; takes the sums. */
async function meanOver(
  { backend, steps }: StepsAtOnce,
  { scale }: SegmentProgram,
  sum: DeviceTensors,
): Promise<Result<TrainError, DeviceTensors>> {
  if (scale === null || steps === 1) return right(sum);
  const factor = backend.upload({
    shape: [],
    data: Float32Array.of(1 / steps),
  });
  const scaled = await scale.run(
    new Map([...prefixed("sum", sum), [FACTOR_INPUT, factor]]),
  );
  factor.dispose();
  disposeAll(sum.values());
  return orBackendFailed(scaled);
}

/** Adds the outputs of the parts of a micro-batch in their order; takes all. */
async function addAll(
  sums: GroupSums,
  batch: number,
  parts: readonly DeviceTensors[],
): Promise<Result<TrainError, void>> {
  for (const [part, outputs] of parts.entries()) {
    const added = await sums.add({ batch, part }, outputs);
    if (added._tag === "Right") continue;
    parts.slice(part + 1).forEach((rest) => disposeAll(rest.values()));
    return added;
  }
  return right(undefined);
}

/** The sums of a step, and what it took to add them up over the ranks. */
export interface Summed {
  /** Losses and gradients by name; they become the caller's. */
  readonly outputs: DeviceTensors;
  /** Times of the sums over the ranks, if there are several. */
  readonly communication?: CommunicationTimes;
}

/**
 * The sums of a step. Those of a segment are added up over the ranks as soon as this rank
 * has its part, while the next segment is computed.
 */
export class StepSums {
  readonly #lastBatch: number;
  readonly #segments: readonly SegmentProgram[];
  readonly #atOnce: StepsAtOnce;
  readonly #ranks: PendingSums | null;
  /** Of each segment. */
  readonly #groups: readonly GroupSums[];
  /** Of segments that are done. */
  readonly #totals: Promise<Result<TrainError, DeviceTensors>>[] = [];

  /**
   * No sums.
   *
   * @param order Order in which the micro-batches of one step of the plan are added up.
   * @param atOnce Steps of the plan that are taken at once.
   * @param ranks Sums over the ranks; `null` if there is one.
   */
  constructor(
    segments: readonly SegmentProgram[],
    { accumIter: ofStep, ...order }: SumOrder,
    atOnce: StepsAtOnce,
    ranks: PendingSums | null,
  ) {
    const accumIter = atOnce.steps * ofStep;
    this.#lastBatch = accumIter - 1;
    this.#segments = segments;
    this.#atOnce = atOnce;
    this.#ranks = ranks;
    this.#groups = segments.map((segment) =>
      new GroupSums(
        { ...order, accumIter },
        (sum, part) => add(segment, sum, part),
      )
    );
  }

  /**
   * Adds the outputs of a segment in their order; takes all. Those of the last micro-batch
   * are on their way to the ranks when it returns.
   *
   * @param segment Number of the segment.
   * @param batch Number of the micro-batch in the step.
   * @param parts Outputs of each part.
   * @returns Nothing, or why they cannot be added.
   */
  async add(
    segment: number,
    batch: number,
    parts: readonly DeviceTensors[],
  ): Promise<Result<TrainError, void>> {
    const [sums, programs] = [this.#groups[segment], this.#segments[segment]];
    if (sums === undefined || programs === undefined) return right(undefined);
    const added = await addAll(sums, batch, parts);
    if (added._tag === "Left" || batch < this.#lastBatch) return added;
    const total = await meanOver(this.#atOnce, programs, sums.total());
    if (total._tag === "Left") return total;
    this.#totals.push(
      this.#ranks?.sum(total.right) ?? Promise.resolve(total),
    );
    return added;
  }

  /**
   * Waits for the sums of all segments.
   *
   * @returns The sums, or the first error; then nothing is left on the device.
   */
  async all(): Promise<Result<TrainError, Summed>> {
    const started = performance.now();
    const totals = await Promise.all(this.#totals);
    const exposed = performance.now() - started;
    const outputs = new Map(
      totals.flatMap((total) => total._tag === "Right" ? [...total.right] : []),
    );
    const failure = totals.find((total) => total._tag === "Left");
    if (failure !== undefined) {
      disposeAll(outputs.values());
      return failure;
    }
    if (this.#ranks === null) return right({ outputs });
    const { milliseconds } = this.#ranks;
    return right({ outputs, communication: { milliseconds, exposed } });
  }

  /** Gives back what is left, once nobody writes to it any more. */
  async dispose(): Promise<void> {
    for (const total of await Promise.all(this.#totals)) {
      if (total._tag === "Right") disposeAll(total.right.values());
    }
    this.#groups.forEach((sums) => sums.dispose());
  }
}
