/** Colours and sizes of pictures, on light and on dark ground. */
import * as Plot from "npm:@observablehq/plot@0.6.17";

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

/** Colour of a stage, distinct for the first twelve. */
export function stageColour(stage: number): string {
  return STAGE_COLOURS[stage % STAGE_COLOURS.length] ?? INK;
}

/** Sizes of a plot with all that is around its frame. */
export interface PlotSize {
  /** Pixels from left to right. */
  readonly width: number;
  /** Pixels from top to bottom. */
  readonly height: number;
}

/** Colours that depend on the ground. */
export interface Theme {
  /** Background. */
  readonly ground: string;
  /** Axes, titles and totals. */
  readonly ink: string;
  /** Captions. */
  readonly quiet: string;
  /** Lines of a grid. */
  readonly grid: string;
  /** Marks of freezes. */
  readonly faint: string;
  /** Marks of pruned stages. */
  readonly strong: string;
  /** The part of the scale `plasma` that is visible on the ground. */
  readonly plasma: readonly [shallow: number, deep: number];
}

/** For paper and light pages; white letters can be read on the colours of layers. */
export const LIGHT: Theme = {
  ground: "white",
  ink: INK,
  quiet: QUIET,
  grid: "#e6e9ee",
  faint: "#aab1be",
  strong: "#7d8696",
  plasma: [0, 0.7],
};

/** For dark pages. */
export const DARK: Theme = {
  ground: "#171b23",
  ink: "#e6e9ef",
  quiet: "#9aa4b5",
  grid: "#2a303c",
  faint: "#4a5364",
  strong: "#76819a",
  plasma: [0.38, 0.98],
};

/** The scale from the index of a layer to its colour: shallow dark, deep bright. */
export function layerScale(count: number, theme: Theme): Plot.ScaleOptions {
  return {
    type: "linear",
    scheme: "plasma",
    domain: [0, Math.max(1, count - 1)],
    range: [...theme.plasma],
  };
}

/**
 * The colours of layers, as pictures of the theme have them.
 *
 * @returns CSS colours from shallow to deep.
 */
export function layerColours(count: number, theme: Theme): readonly string[] {
  const scale = Plot.scale({ color: layerScale(count, theme) });
  return Array.from({ length: count }, (_, layer) => scale?.apply(layer));
}
