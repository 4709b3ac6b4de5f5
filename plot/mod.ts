/**
 * Pictures of a run as SVG text: the plan, the losses, the reconstructions.
 *
 * @module
 */
export {
  type AccuracyPanel,
  accuracyPlot,
  type AccuracyPoint,
  type AccuracySeries,
} from "./accuracy_plot.ts";
export { hiddenParts } from "./hidden_parts.ts";
export {
  binStrengths,
  CELL_UNITS,
  edgeDirection,
  type HogCells,
  hogGlyphs,
  type StrokeGroup,
} from "./hog_glyph.ts";
export { type PictureImage, pngDataUri } from "./image_uri.ts";
export { lossPlot, type LossPlotOptions } from "./loss_plot.ts";
export {
  type LossPiece,
  type LossPoint,
  type LossSeries,
  lossSeries,
} from "./loss_series.ts";
export { movingMean } from "./moving_mean.ts";
export { type PhaseMark } from "./phase_marks.ts";
export { type PlotSize } from "./plot_size.ts";
export { planPlot, type PlanPlotOptions } from "./plan_plot.ts";
export {
  reconstructionPicture,
  type ReconstructionSample,
  type ReconstructionStage,
} from "./reconstruction.ts";
export { type RunCurve, runCurvesPlot } from "./run_curves_plot.ts";
export {
  type RatesPoint,
  type RunRatesOptions,
  runRatesPlot,
} from "./run_rates_plot.ts";
export { DARK, layerColours, LIGHT, type Theme } from "./theme.ts";
export { type SeriesPoint, thinned } from "./thinning.ts";
