/** The start of a training, the same on all ranks. */
import { type Result, right } from "../../core/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { type Snapshot, STATE_KINDS } from "../engine/state.ts";
import type { HostTensors } from "../engine/tensors.ts";
import { orRanksFailed, type TrainError } from "../train_error.ts";
import { fromFirst } from "./agreement.ts";

/** A snapshot without its numbers: names and lengths in order. */
interface Outline {
  readonly step: number;
  readonly skipped: number;
  readonly lengths: readonly (readonly (readonly [string, number])[])[];
}

const outlineOf = (snapshot: Snapshot): Outline => ({
  step: snapshot.step,
  skipped: snapshot.skipped,
  lengths: STATE_KINDS.map((kind) =>
    [...snapshot[kind]].map(([name, { length }]) => [name, length] as const)
  ),
});

/** Tensors that others will write into. */
const emptyTensors = (
  lengths: Outline["lengths"][number] = [],
): HostTensors =>
  new Map(lengths.map(([name, length]) => [name, new Float32Array(length)]));

/** A snapshot of zeros. */
const emptySnapshot = ({ step, skipped, lengths }: Outline): Snapshot => ({
  ...{ step, skipped },
  parameters: emptyTensors(lengths[0]),
  optimizer: emptyTensors(lengths[1]),
  statistics: emptyTensors(lengths[2]),
  averages: emptyTensors(lengths[3]),
});

/**
 * The snapshot of rank 0, on every rank: the others need no checkpoint.
 *
 * @param own The snapshot on rank 0; elsewhere it is not looked at.
 */
export async function commonStart(
  ranks: Ranks,
  own: Snapshot | null,
): Promise<Result<TrainError, Snapshot>> {
  const outline = await fromFirst(
    ranks,
    () => own === null ? null : outlineOf(own),
    "the start of the training",
  );
  if (outline._tag === "Left") return outline;
  if (outline.right === null) throw new TypeError("rank 0 has no start");
  const snapshot = own !== null && ranks.rank === 0
    ? own
    : emptySnapshot(outline.right);
  for (const kind of STATE_KINDS) {
    for (const { buffer, byteOffset, byteLength } of snapshot[kind].values()) {
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      const sent = orRanksFailed(await ranks.broadcast(bytes));
      if (sent._tag === "Left") return sent;
    }
  }
  return right(snapshot);
}
