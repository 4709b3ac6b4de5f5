/** Stores of tuned products in memory. */
import type { TuningStore } from "../../../../backends/webgpu/tune/tuning_memory.ts";

/** A store with a text, and how often another one was saved. */
export function storeOf(first: string | null): TuningStore & {
  readonly text: () => string | null;
  readonly saved: () => number;
} {
  let [text, saved] = [first, 0];
  return {
    place: "a store",
    load: () => Promise.resolve(text),
    save: (next) => {
      text = next;
      saved++;
      return Promise.resolve();
    },
    text: () => text,
    saved: () => saved,
  };
}
