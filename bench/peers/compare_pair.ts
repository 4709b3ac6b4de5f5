/** Measuring ours and a peer in turns. */
import type { BackendChoice } from "../../backends/mod.ts";
import { left, type Result, right, sizeOf } from "../../core/mod.ts";
import { trainedEncoder } from "./encoder_graphs.ts";
import { ourPhase, trainableCount } from "./our_phase.ts";
import {
  difference,
  drift,
  type MeasuredSide,
  type PairRow,
  pairRow,
  type PairSpec,
} from "./pair_row.ts";
import { processorHere } from "../processor.ts";
import { encoderModel, PEER_MODELS } from "./peer_models.ts";
import { ourProgram, peerProgram, PEERS } from "./peer_programs.ts";
import type { SideRound, SideSpec } from "./side.ts";
import {
  type SideFailure,
  type SideProcess,
  startSide,
} from "./side_process.ts";
import type { StepKind } from "./start_file.ts";

/** Options of running both sides. */
export interface PairOptions {
  /** Our device. */
  readonly backend: BackendChoice;
  /** Python with PyTorch. */
  readonly python: string;
  /** Seconds to wait for an answer. */
  readonly patience: number;
  /** Path of the file that both sides start from. */
  readonly start: string;
  /** Difference from the request. */
  readonly note: string | null;
}

/** Reason why there is no row. */
export type PairFailure =
  /** A side is missing or failed. */
  | (SideFailure & { readonly side: "ours" | "theirs" })
  /** The sides do not compute the same. */
  | { readonly _tag: "Different"; readonly reason: string };

/** The model that is stepped through. */
export function steppedModel(step: StepKind, model: PairSpec["model"]) {
  const whole = PEER_MODELS[model];
  return step === "pre-training" ? whole : encoderModel(whole);
}

/**
 * Number of parameters that the peer of a comparison should train, by our plan.
 *
 * @param pair Specification of the comparison.
 */
export function trainableCountOf(
  { peer, step, model, batchSize, frozen }: PairSpec,
): number {
  const phased = ourPhase(
    steppedModel(step, model),
    batchSize,
    frozen,
    PEERS[peer].classToken,
  );
  return step === "pre-training"
    ? trainableCount(phased)
    : trainedEncoder(phased).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

const blamed =
  (side: "ours" | "theirs") =>
  <A>(result: Result<SideFailure, A>): Result<PairFailure, A> =>
    result._tag === "Left" ? left({ ...result.left, side }) : result;

/** A round of each side. */
type Turn = readonly [ours: SideRound, theirs: SideRound];

async function oneTurn(
  ours: SideProcess,
  theirs: SideProcess,
): Promise<Result<PairFailure, Turn>> {
  const one = blamed("ours")(await ours.round());
  if (one._tag === "Left") return one;
  const other = blamed("theirs")(await theirs.round());
  return other._tag === "Left" ? other : right([one.right, other.right]);
}

/** Ours, theirs, ours, theirs …: noise of the machine hits both alike. */
async function takeTurns(
  ours: SideProcess,
  theirs: SideProcess,
  rounds: number,
): Promise<Result<PairFailure, readonly [MeasuredSide, MeasuredSide]>> {
  const first = await oneTurn(ours, theirs);
  if (first._tag === "Left") return first;
  const turns: [Turn, ...Turn[]] = [first.right];
  while (turns.length < rounds) {
    const turn = await oneTurn(ours, theirs);
    if (turn._tag === "Left") return turn;
    turns.push(turn.right);
  }
  const [[a, b], ...rest] = turns;
  return right([
    { ready: ours.ready, rounds: [a, ...rest.map(([mine]) => mine)] },
    { ready: theirs.ready, rounds: [b, ...rest.map(([, other]) => other)] },
  ]);
}

async function compareSides(
  pair: PairSpec,
  note: string | null,
  ours: SideProcess,
  theirs: SideProcess,
): Promise<Result<PairFailure, PairRow>> {
  const reason = difference(
    PEERS[pair.peer],
    trainableCountOf(pair),
    ours.ready,
    theirs.ready,
  );
  if (reason !== null) return left({ _tag: "Different", reason });
  const turns = await takeTurns(ours, theirs, pair.rounds);
  if (turns._tag === "Left") return turns;
  const row = pairRow(pair, processorHere(), note, ...turns.right);
  const parted = drift(row);
  return parted === null
    ? right(row)
    : left({ _tag: "Different", reason: parted });
}

/**
 * Starts both sides, makes sure that they compute the same step, and measures
 * them in turns.
 *
 * @param pair Specification of the comparison.
 * @param options Options of running the sides.
 * @returns The row, or why there is none. No process is left.
 */
export async function comparePair(
  pair: PairSpec,
  { backend, python, patience, start, note }: PairOptions,
): Promise<Result<PairFailure, PairRow>> {
  const { peer, step, batchSize, frozen, threads, steps } = pair;
  const model = steppedModel(step, pair.model);
  const sizes = { model, batchSize, frozen, threads, steps };
  const spec: SideSpec = { ...sizes, backend, start };
  const program = peerProgram(peer, python, threads);
  const theirs = blamed("theirs")(await startSide(program, spec, patience));
  if (theirs._tag === "Left") return theirs;
  const ours = blamed("ours")(
    await startSide(ourProgram(step), spec, patience),
  );
  if (ours._tag === "Left") {
    await theirs.right.end();
    return ours;
  }
  const row = await compareSides(pair, note, ours.right, theirs.right);
  await Promise.all([ours.right.end(), theirs.right.end()]);
  return row;
}
