/**
 * The processes of one training, and what they say to each other. No transport is named
 * here.
 */
import type { Result } from "../core/mod.ts";

/** Errors between ranks. */
export type RankError =
  /** Some ranks did not come within the limit. */
  | {
    readonly _tag: "RanksMissing";
    /** What was waited for, for example `step 12`. */
    readonly what: string;
    /** The ranks, with their hosts, for example `rank 3 on node2`. */
    readonly missing: readonly string[];
    readonly seconds: number;
  }
  /** The library that carries the messages failed, with its own words. */
  | { readonly _tag: "TransportFailed"; readonly reason: string };

/** A process of a training. */
export interface RankPlace {
  /** Its number, from 0; 0 alone prints and writes. */
  readonly rank: number;
  /** Number of ranks, `≥ 1`. */
  readonly size: number;
  /** Name of its machine. */
  readonly host: string;
  /** Its number among the ranks on its machine, from 0. */
  readonly localRank: number;
  /** Number of ranks on its machine. */
  readonly localSize: number;
}

/**
 * The ranks of a training as one of them sees them.
 *
 * All ranks call `exchange`, `sum` and `broadcast` in the same order, each call after the
 * promise of the one before is made; calls are carried out one after another. While they
 * wait, timers and signals are served.
 */
export interface Ranks extends RankPlace {
  /** The library and its version, for example `MPICH 4.0.2`. */
  readonly transport: string;
  /**
   * Tells every rank a text and hears that of each.
   *
   * Until all ranks have come it waits without using the processor.
   *
   * @param text Any text.
   * @param what What all ranks come to, for the error: for example `step 12`.
   * @param limit Seconds after which a rank is missing; by default that of the ranks;
   * `Infinity` waits for ever.
   * @returns The texts in the order of the ranks.
   */
  exchange(
    text: string,
    what: string,
    limit?: number,
  ): Promise<Result<RankError, readonly string[]>>;
  /**
   * Adds numbers up over all ranks, in place: all ranks then have the same numbers, to the
   * bit, and the same ones in every repeat with as many ranks. With 2, 4, 8 … ranks the sum
   * is that of a balanced binary tree: `((0 + 1) + (2 + 3)) + …`.
   *
   * @param numbers As many on every rank; they may lie in shared memory. Nobody else may
   * use them until the promise is fulfilled.
   */
  sum(numbers: Float32Array): Promise<Result<RankError, void>>;
  /** Copies the bytes of rank 0 to all others, in place; as many on every rank. */
  broadcast(bytes: Uint8Array): Promise<Result<RankError, void>>;
  /** Bytes given to `sum` so far, and milliseconds from the start of each sum to its end. */
  readonly traffic: Traffic;
  /** Ends the use of the transport, in good order; waits for all ranks. */
  end(): Promise<void>;
  /** Ends all ranks at once, this process too. */
  abort(exitCode: number): void;
}

/** What the sums of a rank took. */
export interface Traffic {
  /** Bytes of the numbers that were added up. */
  readonly bytes: number;
  /** Number of sums. */
  readonly sums: number;
  /** Milliseconds in which a sum was under way. */
  readonly milliseconds: number;
}

/** Text of an error; one sentence without a full stop. */
export function describeRankError(error: RankError): string {
  switch (error._tag) {
    case "RanksMissing": {
      const { missing, what, seconds } = error;
      return `Cannot go on: ${
        missing.join(", ")
      } did not come to ${what} within ${seconds} s`;
    }
    case "TransportFailed":
      return `Cannot reach the other ranks: ${error.reason}`;
  }
}
