/**
 * Pictures of plans and runs as SVG text.
 *
 * @module
 */
export {
  type AccuracyBar,
  accuracyBars,
  type AccuracyBarsOptions,
} from "../plot/encoder/accuracy_bars.ts";
export {
  type AccuracyPanel,
  accuracyPlot,
  type AccuracyPoint,
  type AccuracySeries,
} from "../plot/run/accuracy_plot.ts";
export {
  type AttentionRow,
  attentionSheet,
} from "../plot/encoder/attention_sheet.ts";
export {
  type Confusion,
  confusionPlot,
} from "../plot/encoder/confusion_plot.ts";
export { type FreezeMap, freezeMapPlot } from "../plot/plan/freeze_map.ts";
export {
  type HogCells,
  hogGlyphs,
  type StrokeGroup,
} from "../plot/hog_glyph.ts";
export { lossPlot, type LossPlotOptions } from "../plot/run/loss_plot.ts";
export {
  type LossPoint,
  type LossSeries,
  lossSeries,
  type SeriesPoint,
} from "../plot/run/loss_series.ts";
export {
  type CaptionedPicture,
  type NeighbourPicture,
  type NeighbourRow,
  neighbourSheet,
} from "../plot/encoder/neighbour_sheet.ts";
export type { PhaseMark } from "../plot/run/phase_marks.ts";
export { planPlot, type PlanPlotOptions } from "../plot/plan/plan_plot.ts";
export type { PictureImage } from "../plot/png.ts";
export {
  type MapPoint,
  mapThumbnails,
  type PictureMap,
  pictureMap,
} from "../plot/encoder/picture_map.ts";
export {
  type HogStage,
  type PixelStage,
  reconstructionPicture,
  type ReconstructionSample,
  type ReconstructionStage,
} from "../plot/reconstruction.ts";
export { type RunCurve, runCurvesPlot } from "../plot/run/run_curves_plot.ts";
export {
  type RatesPoint,
  type RunRatesOptions,
  runRatesPlot,
} from "../plot/run/run_rates_plot.ts";
export { DARK, LIGHT, type PlotSize, type Theme } from "../plot/theme.ts";
