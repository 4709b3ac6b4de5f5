/**
 * Evaluation of an encoder: features, neighbours, probes, fine-tuned classifiers, reconstructions;
 * and its use: features and classes of pictures.
 *
 * @module
 */
export {
  mostFrequentShare,
  type TopAccuracies,
  topAccuracy,
} from "../train/evaluate/accuracy.ts";
export {
  type AttentionMaps,
  attentionMaps,
  meanOfHeads,
} from "../train/evaluate/attention_maps.ts";
export {
  classifierAccuracy,
  compileConvNetScores,
  convNetError,
} from "../train/evaluate/classifier_accuracy.ts";
export {
  allTaps,
  type FeatureSpec,
  lastTap,
  neighbourFeature,
} from "../core/models/feature.ts";
export {
  encoderFeatures,
  uploadEncoder,
} from "../train/evaluate/encoder_features.ts";
export {
  knnAccuracies,
  type KnnAccuracy,
  knnAccuracy,
  type KnnOptions,
} from "../train/evaluate/knn.ts";
export type { KnnSearch } from "../train/evaluate/neighbours.ts";
export {
  nearestOthers,
  type NearestPoints,
  nearestPoints,
  type Points,
} from "../train/evaluate/points/nearest_points.ts";
export {
  placesOn,
  type PrincipalAxes,
  principalAxes,
} from "../train/evaluate/points/principal_axes.ts";
export {
  probeAccuracy,
  type ProbeScorer,
  probeScorer,
} from "../train/evaluate/probe_accuracy.ts";
export {
  programRow,
  type RowMaker,
  withProgram,
} from "../train/evaluate/image_rows.ts";
export type { TrainedProbe } from "../train/tasks/folded_probe.ts";
export {
  chosenRate,
  type ProbeSweep,
  type SweepInputs,
  sweepProbe,
  type SweptRate,
} from "../train/evaluate/probe_sweep.ts";
export {
  type FeatureOptions,
  features,
  type PictureFeatures,
} from "../train/predict/features.ts";
export type {
  PictureOptions,
  UnreadablePicture,
} from "../train/predict/picture_rows.ts";
export {
  type NamedClass,
  predict,
  predictBatches,
  type Prediction,
  type Predictions,
  type PredictOptions,
} from "../train/predict/predict.ts";
export type { Pictures } from "../train/predict/prepared_pictures.ts";
export {
  type Similarities,
  type SimilarOptions,
  type SimilarPicture,
  type SimilarPictures,
  similarPictures,
} from "../train/predict/similar_pictures.ts";
export {
  reconstruct,
  type Reconstruction,
  type StageReconstruction,
} from "../train/evaluate/reconstruct.ts";
export {
  type ClassScores,
  classScores,
  confusionMatrix,
  type FoundShare,
  predictedClasses,
} from "../train/evaluate/scores/class_scores.ts";
export {
  type AccuracyGain,
  accuracyGain,
  type Interval,
  wilsonInterval,
} from "../train/evaluate/scores/intervals.ts";
export {
  meanInterval,
  type MeanOfSeveral,
} from "../train/evaluate/scores/mean_interval.ts";
export {
  drawnPatches,
  patchLabels,
} from "../train/evaluate/dense/patch_labels.ts";
export {
  patchFeatureGraph,
  patchPixelRow,
  patchPixels,
} from "../train/evaluate/dense/patch_features.ts";
export {
  patchSamples,
  type WantedPatches,
} from "../train/evaluate/dense/patch_samples.ts";
export {
  pixelClasses,
  upsampledScores,
} from "../train/evaluate/dense/pixel_classes.ts";
export {
  type JudgedImages,
  type Segmentation,
  type Segmenter,
  segmentImages,
} from "../train/evaluate/dense/segment_images.ts";
export {
  type MeanIoU,
  meanIoUGain,
  meanIoUOf,
  summedCounts,
} from "../train/evaluate/scores/mean_iou_gain.ts";
export {
  type ClassOverlap,
  countPixels,
  meanIoU,
  type PixelCounts,
  type SegmentationScores,
  segmentationScores,
} from "../train/evaluate/scores/segmentation_scores.ts";
export { reconstructionRows } from "../train/evaluate/reconstruction_rows.ts";
export type {
  HogRow,
  PixelRow,
  ReconstructionRow,
  ShownImage,
  StageRow,
} from "../train/evaluate/rows_by_loading.ts";
