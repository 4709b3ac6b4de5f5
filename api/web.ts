/**
 * The library in a page: plans, devices, pre-training, features and plots. Nothing here
 * loads a module of Node, native code, or the decoders and files of the other entries.
 *
 * @module
 */
export * from "./plan.ts";
export type {
  Backend,
  BackendError,
  DeviceInfo,
  DeviceTensor,
  DeviceTensors,
  Program,
} from "../backends/backend.ts";
export { describeBackendError } from "../backends/backend.ts";
export type { Availability, Selection } from "../backends/device_choice.ts";
export type {
  BackendChoice,
  DeviceName,
  Precision,
} from "../backends/device_names.ts";
export type { TestedNeeds } from "../backends/self_test.ts";
export type { TuningOptions } from "../backends/webgpu/tune/tuner.ts";
export type { TuningStore } from "../backends/webgpu/tune/tuning_memory.ts";
export { shareSource } from "../data/classes/select_images.ts";
export type { ImageSource, Split } from "../data/image/image_source.ts";
export {
  IMAGENET_NORMALIZATION,
  type Normalization,
} from "../data/image/normalization.ts";
export type { EncodedImage, RawImage, Size } from "../data/image/raw_image.ts";
export type {
  BadImage,
  BadImagePolicy,
  BadImages,
} from "../data/loader/bad_images.ts";
export type { Batch, BatchHead, LevelBatch } from "../data/loader/batch.ts";
export type {
  BatchTurn,
  LoadAllOptions,
  LoadingOptions,
  LoadOptions,
} from "../data/loader/batch_loading.ts";
export {
  type DataError,
  describeDataError,
} from "../data/report/data_error.ts";
export { fetchedFashionMnist } from "../data/sources/known_sets/fetched_fashion_mnist.ts";
export { shownPixels } from "../data/transforms/shown_pixels.ts";
export {
  type EvalTransform,
  evalTransform,
  type ImageFormat,
  type LearningTransform,
  type PaddedCropTransform,
  type TrainTransform,
  trainTransform,
} from "../data/transforms/transform.ts";
export type { EvalRule, TrainRule, ViewRule } from "../data/transforms/view.ts";
export {
  CELL_UNITS,
  hiddenParts,
  type HogCells,
  hogGlyphs,
  type StrokeGroup,
} from "../plot/hog_glyph.ts";
export type { Hook, HookResult, StepRule } from "../train/engine/hooks.ts";
export type { TrainOptions } from "../train/engine/loop.ts";
export type {
  Snapshot,
  TensorState,
  TrainState,
} from "../train/engine/state.ts";
export type {
  CommunicationTimes,
  StepReport,
  StepTimes,
  Training,
} from "../train/engine/training.ts";
export {
  allTaps,
  encoderFeatures,
  type FeatureSpec,
  lastTap,
  uploadEncoder,
} from "../train/evaluate/encoder_features.ts";
export {
  type KnnAccuracy,
  knnAccuracy,
  type KnnOptions,
} from "../train/evaluate/knn.ts";
export type {
  ReconstructionRow,
  StageRow,
} from "../train/evaluate/rows_by_loading.ts";
export { type AnyError, orThrow } from "../train/or_throw.ts";
export {
  measuredSaving,
  type PhaseTime,
  phaseTimes,
  tellsSaving,
  type TimedStep,
} from "../train/run/saving.ts";
export type { TrainingBatch } from "../train/tasks/batch_images.ts";
export type {
  BatchSource,
  LevelSource,
  Loading,
} from "../train/tasks/image_batches.ts";
export {
  initialSnapshot,
  pretraining,
  type PretrainRun,
} from "../train/tasks/pretrain.ts";
export { describeTrainError, type TrainError } from "../train/train_error.ts";
export {
  type DecodedFiles,
  decodeFile,
  decodeFiles,
  type DecodeOptions,
} from "../web/decode_files.ts";
export {
  availableDevices,
  type PageSelectOptions,
  selectBackend,
} from "../web/devices.ts";
export { imagesOf } from "../web/images_of.ts";
export {
  batchSource,
  loadAll,
  loadBatches,
  loadLevels,
  reconstructionRows,
} from "../web/loading.ts";

/** Functions that draw a run as SVG text. */
export type Plots = typeof import("./plot.ts");

/**
 * Functions that draw a run as SVG text, and their library, which are fetched when they are
 * asked for.
 *
 * @example The plan of a run, in a page
 * ```ts
 * import { orThrow, planOf, plots, RECIPES } from "@vitfreeze/vitfreeze/web";
 * import { match } from "node:assert/strict";
 *
 * const plan = orThrow(planOf(RECIPES.small, 10_000));
 * const { planPlot } = await plots();
 * match(planPlot(plan), /^<svg/);
 * ```
 */
export async function plots(): Promise<Plots> {
  return await import("./plot.ts");
}
