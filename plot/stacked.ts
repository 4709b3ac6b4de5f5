/**
 * Several plots in one document.
 *
 * @module
 */

/** A plot and how much room it takes. */
export interface Panel {
  /** Height, pixels. */
  readonly height: number;
  /** The plot, an SVG element of that height. */
  readonly svg: string;
}

/**
 * Puts plots below each other.
 *
 * @param width Width of all, pixels.
 * @param panels From top to bottom.
 * @returns An SVG document on a white ground.
 */
export function stackedSvg(width: number, panels: readonly Panel[]): string {
  const tops = panels.map((_, i) =>
    panels.slice(0, i).reduce((sum, { height }) => sum + height, 0)
  );
  const height = panels.reduce((sum, panel) => sum + panel.height, 0);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...panels.map(({ svg }, i) =>
      `<g transform="translate(0 ${tops[i]})">${svg}</g>`
    ),
    "</svg>",
  ].join("\n");
}
