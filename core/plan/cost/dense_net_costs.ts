/** FreezeOut's own count of what the layers of a DenseNet cost. */

/**
 * Layer costs of a DenseNet-BC of reduction 0.5, as FreezeOut's `calc_speedup` counts
 * them: the first convolution on colour images of 32² pixels, then three groups of
 * bottleneck layers on 32², 16² and 8² pixels; transitions are left out. Other sizes of
 * images would change all of them by one factor.
 *
 * @param growthRate Channels that a layer adds, `k`.
 * @param layersPerGroup Bottleneck layers of a group.
 * @returns Multiplications of each layer.
 */
export function denseNetCosts(
  growthRate: number,
  layersPerGroup: number,
): readonly number[] {
  const square = growthRate ** 2;
  const first = 3 * 2 * growthRate * 32 ** 2 * 9;
  const group = (pixels: number, width: number): readonly number[] =>
    Array.from(
      { length: layersPerGroup },
      (_, i) => ((width + i) * 4 + 36) * square * pixels,
    );
  const halved = (width: number): number =>
    Math.floor((width + layersPerGroup) / 2);
  const widths = [2, halved(2), halved(halved(2))];
  return [
    first,
    ...widths.flatMap((width, i) => group((32 / 2 ** i) ** 2, width)),
  ];
}
