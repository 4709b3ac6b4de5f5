/** Sums over the ranks of one step, under way while gradients are computed. */
import type { Backend, DeviceTensors } from "../../../../backends/backend.ts";
import type { Result } from "../../../../core/mod.ts";
import type { TrainError } from "../../../train_error.ts";
import type { StepMeeting } from "../../meeting.ts";
import { disposeAll } from "../../tensors.ts";
import { sumOverRanks } from "./rank_sums.ts";

/** Sums over the ranks in one step; nothing is added up before all ranks have come to it. */
export class PendingSums {
  readonly #backend: Backend;
  readonly #meeting: StepMeeting;
  readonly #step: number;
  readonly #before: number;
  readonly #averaged: ReadonlySet<string>;
  #last: Promise<Result<TrainError, unknown>> | null = null;

  /**
   * No sums.
   *
   * @param averaged Names of tensors of which the mean over the ranks is wanted.
   */
  constructor(
    backend: Backend,
    meeting: StepMeeting,
    step: number,
    averaged: ReadonlySet<string> = new Set(),
  ) {
    this.#averaged = averaged;
    this.#backend = backend;
    this.#meeting = meeting;
    this.#step = step;
    this.#before = meeting.ranks.traffic.milliseconds;
  }

  /** Milliseconds in which a sum of the step was under way so far. */
  get milliseconds(): number {
    return this.#meeting.ranks.traffic.milliseconds - this.#before;
  }

  /**
   * Adds up tensors once all that were given before are added up, and once all ranks have
   * come to the step. It is called in the same order on all ranks, without waiting.
   *
   * @param tensors The tensors of this rank; they are taken, and nobody else may use them.
   * @returns The sums by the same names; or, if they or sums before them failed, why: then
   * nothing is left on the device.
   */
  sum(tensors: DeviceTensors): Promise<Result<TrainError, DeviceTensors>> {
    const before = this.#last ?? this.#meeting.comeTo(this.#step);
    const summed = before.then((done) => this.#after(done, tensors));
    this.#last = summed;
    // Who waits for it is told; it may fail before anybody does.
    summed.catch(() => {});
    return summed;
  }

  async #after(
    before: Result<TrainError, unknown>,
    tensors: DeviceTensors,
  ): Promise<Result<TrainError, DeviceTensors>> {
    if (before._tag === "Right") {
      const { ranks } = this.#meeting;
      return await sumOverRanks(ranks, this.#backend, tensors, this.#averaged);
    }
    disposeAll(tensors.values());
    return before;
  }
}
