/**
 * Weights of other programs in, encoders out.
 *
 * @module
 */
export type {
  HeadInput,
  ImageClassifierSpec,
} from "../core/models/image_classifier.ts";
export { timmModelName } from "../core/models/model_names.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
} from "../train/files/safetensors.ts";
export type { LoadedPositions } from "../train/weights/encoder/encoder_positions.ts";
export type { UnseenSizes } from "../train/weights/encoder/encoder_sizes.ts";
export {
  type EncoderReport,
  encoderSnapshot,
  type EncoderStart,
  encoderStart,
  type EncoderStartOptions,
} from "../train/weights/encoder/encoder_start.ts";
export type {
  OtherContents,
  StoredTensors,
} from "../train/weights/encoder/encoder_tensors.ts";
export { exportClassifier } from "../train/weights/export/export_classifier.ts";
export { exportEncoder } from "../train/weights/export/export_encoder.ts";
export type {
  ClassifierExport,
  EncoderExport,
  ModelExport,
} from "../train/weights/export/repository_configs.ts";
export type {
  ClassifierFacts,
  ProbedEncoder,
} from "../train/weights/classifier/classifier_facts.ts";
export type {
  ClassifierOrigin,
  OpenedClassifier,
} from "../train/weights/classifier/classifier_parts.ts";
export { openClassifier } from "../train/weights/classifier/open_classifier.ts";
export type { OpenClassifierOptions } from "../train/weights/classifier/training_classifier.ts";
export type { ImagePreparation } from "../train/weights/image_preparation.ts";
export type { EncoderNormalization } from "../train/weights/image_statistics.ts";
export {
  type OpenedEncoder,
  openEncoder,
  type OpenEncoderOptions,
} from "../train/weights/open_encoder.ts";
export { readWeights } from "../train/weights/read_weights.ts";
