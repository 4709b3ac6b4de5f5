/** One comparison as a row. */
import type { PeerModelName } from "./peer_models.ts";
import type { Peer, PeerName } from "./peer_programs.ts";
import {
  minimaOf,
  type SideReady,
  type SideRound,
  type SideTimes,
} from "./side.ts";
import type { StepKind } from "./start_file.ts";

/** Specification of a comparison. */
export interface PairSpec {
  /** Name of the peer. */
  readonly peer: PeerName;
  /** Kind of step that both train. */
  readonly step: StepKind;
  /** Name of the model. */
  readonly model: PeerModelName;
  /** Images of a step. */
  readonly batchSize: number;
  /** Number of frozen layers. */
  readonly frozen: number;
  /** Threads that each may use. */
  readonly threads: number;
  /** Rounds that each has, in turns. */
  readonly rounds: number;
  /** Timed steps of a round. */
  readonly steps: number;
}

/** Measurements of one side. */
export type SideResult = Omit<SideReady, "loss"> & SideTimes & {
  /** Loss of the first step, before any update, then of every timed step. */
  readonly losses: readonly number[];
};

/** Measurements of both sides. */
export interface PairRow extends PairSpec {
  /** The machine's processor and its instructions for products. */
  readonly processor: string;
  /** Difference from the request, or `null`. */
  readonly note: string | null;
  /** Our side. */
  readonly ours: SideResult;
  /** The peer. */
  readonly theirs: SideResult;
  /** Time of the peer's step divided by ours. */
  readonly ratio: number;
  /** The same for its forward and backward pass. */
  readonly gradientRatio: number;
}

/** A side after all its rounds. */
export interface MeasuredSide {
  /** Its own description. */
  readonly ready: SideReady;
  /** Its rounds. */
  readonly rounds: readonly [SideRound, ...SideRound[]];
}

function resultOf({ ready, rounds }: MeasuredSide): SideResult {
  const { loss, ...about } = ready;
  return {
    ...about,
    ...minimaOf(rounds),
    losses: [loss, ...rounds.flatMap(({ losses }) => losses)],
  };
}

/**
 * Check that both sides compute the same step.
 *
 * @param peer Facts of the peer.
 * @param trainable Number of parameters that the peer should train.
 * @param ours Our side's description after its first step.
 * @param theirs The peer's description.
 * @returns Difference in words, or `null`.
 */
export function difference(
  { lossTolerance }: Pick<Peer, "lossTolerance">,
  trainable: number,
  ours: SideReady,
  theirs: SideReady,
): string | null {
  if (theirs.trainable !== trainable) {
    return `it trains ${theirs.trainable} numbers, wanted ${trainable}`;
  }
  const error = Math.abs(theirs.loss - ours.loss) / Math.abs(ours.loss);
  return error <= lossTolerance
    ? null
    : `its first loss is ${theirs.loss}, ours ${ours.loss}: they differ by ${
      error.toExponential(1)
    } of it, at most ${lossTolerance} is allowed`;
}

/** Largest relative difference of losses of the encoder step, whose batch is always the same. */
const DRIFT = 1e-3;

/**
 * Check that both sides keep computing the same. Only the encoder step is given
 * the same batch each time; of the pre-training step each side hides other patches.
 *
 * @param row The comparison.
 * @returns Difference in words, or `null`.
 */
export function drift(
  { step, ours, theirs }: Pick<PairRow, "step" | "ours" | "theirs">,
): string | null {
  if (step === "pre-training") return null;
  const k = ours.losses.findIndex((loss, i) =>
    !(Math.abs((theirs.losses[i] ?? NaN) - loss) <= DRIFT * Math.abs(loss))
  );
  return k < 0
    ? null
    : `its loss in step ${k} is ${theirs.losses[k]}, ours ${ours.losses[k]}`;
}

/**
 * The row of a comparison.
 *
 * @param spec Specification of the comparison.
 * @param processor The machine's processor.
 * @param note Difference from the request.
 * @param ours Our rounds.
 * @param theirs The peer's rounds.
 * @returns Minima over all rounds and their ratios.
 */
export function pairRow(
  spec: PairSpec,
  processor: string,
  note: string | null,
  ours: MeasuredSide,
  theirs: MeasuredSide,
): PairRow {
  const [a, b] = [resultOf(ours), resultOf(theirs)];
  return {
    ...spec,
    processor,
    note,
    ours: a,
    theirs: b,
    ratio: b.totalMs / a.totalMs,
    gradientRatio: b.gradientMs / a.gradientMs,
  };
}
