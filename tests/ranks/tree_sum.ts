/**
 * The sum over ranks that every transport must give.
 *
 * @module
 */

/**
 * Adds up the numbers of several ranks in single precision, as a balanced binary tree:
 * `(0 + 1) + (2 + 3)`; where the number of ranks is no power of two, the left half is the
 * largest one below it: `((0 + 1) + (2 + 3)) + 4`.
 *
 * @param parts For each rank its numbers, as many on each; at least one rank.
 */
export function treeSum(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return Float32Array.from(parts[0]!);
  const half = 2 ** Math.ceil(Math.log2(parts.length) - 1);
  const left = treeSum(parts.slice(0, half));
  const right = treeSum(parts.slice(half));
  return left.map((number, i) => number + right[i]!);
}
