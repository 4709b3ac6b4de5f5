/**
 * Evaluation of an encoder: features, neighbours, probes, fine-tuned classifiers, reconstructions.
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
  encoderFeatures,
  type FeatureSpec,
  lastTap,
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
  type TrainedProbe,
} from "../train/evaluate/probe_accuracy.ts";
export {
  chosenRate,
  type ProbeSweep,
  type SweepInputs,
  sweepProbe,
  type SweptRate,
} from "../train/evaluate/probe_sweep.ts";
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
export { reconstructionRows } from "../train/evaluate/reconstruction_rows.ts";
export type {
  HogRow,
  PixelRow,
  ReconstructionRow,
  ShownImage,
  StageRow,
} from "../train/evaluate/rows_by_loading.ts";
