/** What the ranks of a training tell each other in every step. */
import { left, type Result, right } from "../../core/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { orRanksFailed, type TrainError } from "../train_error.ts";

/** Further words that ranks tell each other in every step. */
export interface StepWords {
  /** Words for the others; empty if there is nothing to tell. */
  tell(): string;
  /**
   * Takes note of what a rank told, also this one itself.
   *
   * @returns A reason to end the training, the same on every rank, or `null`.
   */
  hear(words: string): TrainError | null;
}

/** The ranks of a training, as its steps meet them. */
export interface StepMeeting {
  /** The ranks. */
  readonly ranks: Ranks;
  /** True once a rank wanted to stop: all end after this step. */
  readonly isStopped: boolean;
  /** Waits until all ranks have come to a step with their gradients. */
  comeTo(step: number): Promise<Result<TrainError, void>>;
  /** Tells a text and hears that of each rank. */
  exchange(
    text: string,
    what: string,
  ): Promise<Result<TrainError, readonly string[]>>;
}

/** A sign and words, as one text. */
const STOPS = "stop";

/**
 * The meetings of a training.
 *
 * @param wantsStop Asked in every step; if any rank wants to stop, all of them do.
 */
export function stepMeeting(
  ranks: Ranks,
  wantsStop: () => boolean,
  words?: StepWords,
): StepMeeting {
  let isStopped = false;
  const exchange = async (text: string, what: string) =>
    orRanksFailed(await ranks.exchange(text, what));
  return {
    ranks,
    get isStopped() {
      return isStopped;
    },
    exchange,
    comeTo: async (step) => {
      const sign = wantsStop() ? STOPS : "";
      const own = `${sign}\n${words?.tell() ?? ""}`;
      const heard = await exchange(own, `step ${step}`);
      if (heard._tag === "Left") return heard;
      let error: TrainError | null = null;
      for (const text of heard.right) {
        const at = text.indexOf("\n");
        isStopped ||= text.slice(0, at) === STOPS;
        if (at + 1 < text.length) {
          error ??= words?.hear(text.slice(at + 1)) ?? null;
        }
      }
      return error === null ? right(undefined) : left(error);
    },
  };
}
