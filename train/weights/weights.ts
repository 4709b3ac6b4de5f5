/**
 * Content of a file of weights.
 *
 * @module
 */
import type { ChooseTensors } from "../files/safetensors.ts";
import type { StoredTensor } from "../files/tensor_data.ts";

/** Content of a file of weights, each part by name. */
export interface Weights<Tensor = StoredTensor> {
  /** Tensors that were read. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Tensors that were not read, in words: those that were not chosen, and those of kinds of numbers that are not supported. */
  readonly unread: ReadonlyMap<string, string>;
  /** Objects that stay closed, by what would make them: the class or function that Python would call. */
  readonly opaque: ReadonlyMap<string, string>;
}

/** Reads every tensor. */
export const ALL_TENSORS: ChooseTensors = () => () => true;
