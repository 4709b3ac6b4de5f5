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
  type HogRow,
  type PixelRow,
  type ReconstructionRow,
  reconstructionRows,
  type ShownImage,
  type StageRow,
} from "../train/evaluate/reconstruction_rows.ts";
