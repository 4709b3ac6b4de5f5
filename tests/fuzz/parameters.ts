/**
 * How much is fuzzed: little in every test run, much by `deno task fuzz`.
 *
 * @module
 */

/** What fast-check is told. */
export interface FuzzParameters {
  /** Cases. */
  readonly numRuns: number;
  /** Where its generator starts. */
  readonly seed: number;
}

/** A test run gives the same cases each time; `deno task fuzz` draws new ones. */
const SEED = 1;

/**
 * Parameters of a property about hostile input. The environment may ask for more
 * cases (`FUZZ_FACTOR` times as many) and for a seed (`FUZZ_SEED`). fast-check names
 * the seed of a failure.
 *
 * @param runs Cases of an ordinary test run.
 */
export function fuzzParameters(runs: number): FuzzParameters {
  const factor = Number(Deno.env.get("FUZZ_FACTOR") ?? 1);
  const seed = Deno.env.get("FUZZ_SEED");
  return { numRuns: Math.ceil(runs * factor), seed: Number(seed ?? SEED) };
}
