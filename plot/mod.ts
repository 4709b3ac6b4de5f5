/**
 * Pictures of a run as SVG text: the plan, the losses, the reconstructions.
 *
 * @module
 */
export { type AccuracyBar, accuracyBars } from "./encoder/accuracy_bars.ts";
export { accuracyPlot } from "./run/accuracy_plot.ts";
export {
  type AttentionRow,
  attentionSheet,
} from "./encoder/attention_sheet.ts";
export { confusionPlot } from "./encoder/confusion_plot.ts";
export { type FreezeMap, freezeMapPlot } from "./plan/freeze_map.ts";
export { lossPlot } from "./run/loss_plot.ts";
export {
  type CaptionedPicture,
  type NeighbourPicture,
  type NeighbourRow,
  neighbourSheet,
} from "./encoder/neighbour_sheet.ts";
export {
  type MapPoint,
  mapThumbnails,
  pictureMap,
} from "./encoder/picture_map.ts";
export { pictureSheet } from "./picture_sheet.ts";
export { planPlot } from "./plan/plan_plot.ts";
export { type PictureImage, pngDataUri } from "./png.ts";
export {
  reconstructionPicture,
  type ReconstructionSample,
} from "./reconstruction.ts";
export * from "./run/run_curves_plot.ts";
export { runRatesPlot } from "./run/run_rates_plot.ts";
export { DARK, layerColours, LIGHT, type PlotSize } from "./theme.ts";
