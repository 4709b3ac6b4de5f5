/**
 * Colours that mean the same in every picture.
 *
 * @module
 */

/** Titles and totals. */
export const INK = "#1f2430";

/** Captions. */
export const QUIET = "#6b7280";

const STAGE_COLOURS = [
  "#0f8b8d",
  "#e07a1f",
  "#5b5bd6",
  "#c2307a",
  "#7a8b1e",
  "#2f7dc4",
  "#a0522d",
  "#8e44ad",
  "#2e8b57",
  "#d4a017",
  "#708090",
  "#e05252",
] as const;

/**
 * Colour of a stage, distinct for the first twelve.
 *
 * @param stage Its number, from 0.
 * @returns A CSS colour.
 */
export function stageColour(stage: number): string {
  return STAGE_COLOURS[stage % STAGE_COLOURS.length] ?? INK;
}
