/** The start of a training, the same on all ranks. */
import { type Result, right } from "../../core/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import {
  mapState,
  type Snapshot,
  STATE_KINDS,
  type TensorState,
} from "../engine/state.ts";
import type { HostTensors } from "../engine/tensors.ts";
import { orRanksFailed, type TrainError } from "../train_error.ts";
import { fromFirst } from "./agreement.ts";

/** Tensors without their numbers: names and lengths in order. */
type Lengths = readonly (readonly [name: string, length: number])[];

/** A snapshot without its numbers. */
type Outline = TensorState<Lengths>;

const lengthsOf = (tensors: HostTensors): Lengths =>
  [...tensors].map(([name, { length }]) => [name, length]);

/** Tensors that others will write into. */
const emptyTensors = (lengths: Lengths): HostTensors =>
  new Map(lengths.map(([name, length]) => [name, new Float32Array(length)]));

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
    (): Outline | null => own === null ? null : mapState(own, lengthsOf),
    "the start of the training",
  );
  if (outline._tag === "Left") return outline;
  if (outline.right === null) throw new TypeError("rank 0 has no start");
  const snapshot = own !== null && ranks.rank === 0
    ? own
    : mapState(outline.right, emptyTensors);
  for (const kind of STATE_KINDS) {
    for (const { buffer, byteOffset, byteLength } of snapshot[kind].values()) {
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      const sent = orRanksFailed(await ranks.broadcast(bytes));
      if (sent._tag === "Left") return sent;
    }
  }
  return right(snapshot);
}
