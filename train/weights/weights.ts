/**
 * What files of weights hold.
 *
 * @module
 */
import type { Shape } from "../../core/mod.ts";
import type { ChooseTensors } from "../files/safetensors.ts";
import type { StoredTensor } from "../files/tensor_data.ts";

/** Content of a file of weights. */
export interface Weights {
  /** Tensors by name. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Tensors that were not read, in words: those that nobody asked for, and those of kinds of numbers that are not read here. */
  readonly unread: ReadonlyMap<string, string>;
  /** Objects that stay closed, by what would make them: the class or function that Python would call. */
  readonly opaque: ReadonlyMap<string, string>;
}

/** Reads every tensor. */
export const ALL_TENSORS: ChooseTensors = () => () => true;

/**
 * Divides the tensors of a file.
 *
 * @param all Their shapes and kinds, by name.
 * @param choose Which are to be read.
 * @returns Those that are, and the others in words.
 */
export function chosenOf<
  A extends { readonly shape: Shape; readonly kind: string },
>(
  all: ReadonlyMap<string, A>,
  choose: ChooseTensors,
): {
  readonly chosen: ReadonlyMap<string, A>;
  readonly others: ReadonlyMap<string, string>;
} {
  const isChosen = choose(
    new Map([...all].map(([name, { shape }]) => [name, shape])),
  );
  const [chosen, others] = [new Map<string, A>(), new Map<string, string>()];
  for (const [name, found] of all) {
    if (isChosen(name)) chosen.set(name, found);
    else others.set(name, `${found.kind} [${found.shape.join(", ")}]`);
  }
  return { chosen, others };
}
