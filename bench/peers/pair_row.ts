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

/** What is compared. */
export interface PairSpec {
  /** With whom. */
  readonly peer: PeerName;
  /** What both train. */
  readonly step: StepKind;
  /** Name of the model. */
  readonly model: PeerModelName;
  /** Images of a step. */
  readonly batchSize: number;
  /** How many layers are frozen. */
  readonly frozen: number;
  /** Threads that each may use. */
  readonly threads: number;
  /** Rounds that each has, in turns. */
  readonly rounds: number;
  /** Timed steps of a round. */
  readonly steps: number;
}

/** What was measured of one side. */
export type SideResult = Omit<SideReady, "loss"> & SideTimes & {
  /** Loss of the first step, before any update, then of every timed step. */
  readonly losses: readonly number[];
};

/** What was measured of both. */
export interface PairRow extends PairSpec {
  /** The machine's processor and its instructions for products. */
  readonly processor: string;
  /** What differs from what was asked for, or `null`. */
  readonly note: string | null;
  /** Our side. */
  readonly ours: SideResult;
  /** The peer. */
  readonly theirs: SideResult;
  /** How many times as long as ours a step of the peer takes. */
  readonly ratio: number;
  /** The same for its forward and backward pass. */
  readonly gradientRatio: number;
}

/** A side after all its rounds. */
export interface MeasuredSide {
  /** What it said of itself. */
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
 * Whether both sides compute the same step.
 *
 * @param peer What is known of the peer.
 * @param trainable How many numbers the peer should train.
 * @param ours What our side said after its first step.
 * @param theirs What the peer said.
 * @returns What differs, or `null`.
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
 * Whether both sides went on computing the same. Only the encoder step is given
 * the same batch each time; of the pre-training step each side hides other patches.
 *
 * @param row The comparison.
 * @returns What differs, or `null`.
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
 * @param spec What was compared.
 * @param processor The machine's processor.
 * @param note What differs from what was asked for.
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
