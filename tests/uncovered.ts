/**
 * Processes that may be cut off.
 *
 * @module
 */

/**
 * The environment of a process that may end at any moment: it is to write no report
 * of its coverage, which could be cut off and spoil that of all tests. It goes with
 * `clearEnv`.
 */
export function uncovered(): Record<string, string> {
  const { DENO_COVERAGE_DIR: _, ...others } = Deno.env.toObject();
  return others;
}
