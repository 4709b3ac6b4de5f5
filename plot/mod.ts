/**
 * Pictures of a run as SVG text: the plan, the losses, the reconstructions.
 *
 * @module
 */
export { accuracyPlot } from "./accuracy_plot.ts";
export { lossPlot } from "./loss_plot.ts";
export { pictureSheet } from "./picture_sheet.ts";
export { planPlot } from "./plan_plot.ts";
export { type PictureImage, pngDataUri } from "./png.ts";
export {
  reconstructionPicture,
  type ReconstructionSample,
} from "./reconstruction.ts";
export * from "./run_curves_plot.ts";
export { runRatesPlot } from "./run_rates_plot.ts";
export { DARK, layerColours, LIGHT, type PlotSize } from "./theme.ts";
