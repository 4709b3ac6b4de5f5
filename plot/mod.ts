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
export {
  binStrengths,
  CELL_UNITS,
  edgeDirection,
  hiddenParts,
  type HogCells,
  hogGlyphs,
  type StrokeGroup,
} from "./hog_glyph.ts";
export { lossPlot, type LossPlotOptions } from "./loss_plot.ts";
export {
  type LossPiece,
  type LossPoint,
  type LossSeries,
  lossSeries,
  movingMean,
  type SeriesPoint,
  thinned,
} from "./loss_series.ts";
export { type PhaseMark } from "./phase_marks.ts";
export { planPlot, type PlanPlotOptions } from "./plan_plot.ts";
export {
  type PictureImage,
  pngDataUri,
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
export {
  DARK,
  layerColours,
  LIGHT,
  type PlotSize,
  type Theme,
} from "./theme.ts";
