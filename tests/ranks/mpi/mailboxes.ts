/**
 * Messages between ranks within one process.
 *
 * @module
 */
import type { Adder } from "../../../ranks/mpi/tree_sum.ts";
import type { Post, Sent } from "../../../ranks/mpi/gathering.ts";

/** For some ranks, a post each that reaches the others. */
export function posts(size: number): readonly Post[] {
  const boxes = new Map<string, Sent[]>();
  const boxOf = (from: number, to: number): Sent[] => {
    const key = `${from} to ${to}`;
    const box = boxes.get(key) ?? [];
    boxes.set(key, box);
    return box;
  };
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    send(bytes: Uint8Array<ArrayBuffer>, to: number): Sent {
      const message = { bytes: bytes.slice() };
      boxOf(rank, to).push(message);
      return message;
    },
    receive: (from: number) => boxOf(from, rank).shift() ?? null,
    hasEnded: () => true,
  }));
}

/** For some ranks, how each adds its numbers to those of others. */
export function adders(size: number): readonly Adder[] {
  const offers = new Map<string, PromiseWithResolvers<Float32Array>[]>();
  const swaps = new Map<string, number>();
  const offer = (from: number, to: number, at: number) => {
    const key = `${from} to ${to}`;
    const all = offers.get(key) ?? [];
    offers.set(key, all);
    return all[at] ??= Promise.withResolvers();
  };
  const swap = async (
    rank: number,
    given: Float32Array,
    into: Float32Array,
    other: number,
  ) => {
    const key = `${rank} with ${other}`;
    const at = swaps.get(key) ?? 0;
    swaps.set(key, at + 1);
    offer(rank, other, at).resolve(given.slice());
    const heard = await offer(other, rank, at).promise;
    if (heard.length !== into.length) throw new Error("lengths differ");
    into.set(heard);
  };
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    swap: (given, into, other) => swap(rank, given, into, other),
    add(numbers: Float32Array, to: Float32Array): Promise<void> {
      to.forEach((number, i) => to[i] = number + numbers[i]!);
      return Promise.resolve();
    },
  }));
}
