/**
 * Telling what is not there from what cannot be read.
 *
 * @module
 */

/**
 * Whether a file operation failed because there is nothing at its path. Whatever
 * cannot be read for another reason may be there all the same.
 *
 * @param thrown What the operation was rejected with.
 */
export const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
