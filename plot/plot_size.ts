/**
 * Size of a plot.
 *
 * @module
 */

/** Sizes of a plot with all that is around its frame. */
export interface PlotSize {
  /** Pixels from left to right. */
  readonly width: number;
  /** Pixels from top to bottom. */
  readonly height: number;
}
