/** The one door to fp-ts: other files import these names, never `"fp-ts"`. */
import {
  apply,
  either,
  function as fn,
  readonlyNonEmptyArray,
} from "npm:fp-ts@2.16.11";
import type { Fault } from "./result.ts";

export { either as E, readonlyArray as RA } from "npm:fp-ts@2.16.11";

/** Feeds a value through functions, left to right. */
export const pipe: typeof fn.pipe = fn.pipe;

const allFaults = either.getApplicativeValidation(
  readonlyNonEmptyArray.getSemigroup<Fault>(),
);

/** Gathers every fault of a struct of results instead of stopping at the first. */
export const allOf = apply.sequenceS(allFaults);
