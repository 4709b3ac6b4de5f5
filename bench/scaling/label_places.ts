/** Heights of labels beside the ends of lines. */

/**
 * Places for labels near to where they belong, none nearer to another than a gap, all
 * within a stretch that has room for them.
 *
 * @param wanted Places from above to below, rising.
 * @param gap Distance of two labels at least.
 * @param range First and last place that is allowed.
 */
export function labelPlaces(
  wanted: readonly number[],
  gap: number,
  [first, last]: readonly [number, number],
): readonly number[] {
  const down = wanted.reduce<readonly number[]>((placed, place) => {
    const least = placed.length === 0 ? first : placed.at(-1)! + gap;
    return [...placed, Math.max(least, place)];
  }, []);
  return down.reduceRight<readonly number[]>((placed, place) => {
    const most = placed.length === 0 ? last : placed[0]! - gap;
    return [Math.min(most, place), ...placed];
  }, []);
}
