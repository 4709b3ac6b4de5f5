/**
 * Search by halving.
 *
 * @module
 */

/**
 * Last whole number at which something holds that holds up to some point and not
 * beyond it.
 *
 * @param holds A condition, true at `low`, false at `high`, changing once between.
 * @param low A whole number.
 * @param high A larger whole number.
 * @returns The last whole number of `[low, high)` at which `holds`.
 */
export function lastWhere(
  holds: (n: number) => boolean,
  low: number,
  high: number,
): number {
  let [last, beyond] = [low, high];
  while (beyond - last > 1) {
    const middle = Math.floor((last + beyond) / 2);
    if (holds(middle)) last = middle;
    else beyond = middle;
  }
  return last;
}
