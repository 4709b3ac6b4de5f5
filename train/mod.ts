/**
 * Training: runs, checkpoints, records, and the evaluation of encoders.
 *
 * @module
 */
export {
  type CheckpointPolicy,
  freezeSteps,
  type KeptCheckpoints,
} from "./checkpoint/checkpoint_policy.ts";
export { readCheckpoint } from "./checkpoint/read_checkpoint.ts";
export {
  describeScheduleChange,
  differences,
  isScheduleField,
} from "./checkpoint/schedule_change.ts";
export type { ItemIterator, ItemSource } from "./engine/epoch_items.ts";
export {
  afterStep,
  atEnd,
  atEpochEnds,
  type Hook,
  type StepRule,
} from "./engine/hooks.ts";
export { train, type TrainOptions } from "./engine/loop.ts";
export * from "./engine/needs.ts";
export type { StepWords } from "./engine/meeting.ts";
export {
  onlyShare,
  sharedTask,
  type StepShare,
  stepShare,
} from "./engine/share.ts";
export { batchParts } from "./engine/step/parts.ts";
export { compilePhase, disposePhase } from "./engine/step/phase.ts";
export { compileGraph } from "./engine/programs.ts";
export {
  averagedParameters,
  disposeState,
  type Snapshot,
  type TrainState,
  uploadState,
} from "./engine/state.ts";
export { trainStep } from "./engine/step/step.ts";
export { LARGE_TENSOR } from "./engine/step/sums/rank_sums.ts";
export { phaseFailure, rankEngine } from "./engine/step/step_way.ts";
export {
  epochSteps,
  gradientBytes,
  type Task,
  type TrainingIdentity,
} from "./engine/task.ts";
export {
  disposeAll,
  download,
  type HostTensors,
  joinedNumbers,
  orBackendFailed,
  uploadAll,
} from "./engine/tensors.ts";
export * from "./engine/training.ts";
export { mostFrequentShare, type TopAccuracies } from "./evaluate/accuracy.ts";
export * from "./evaluate/attention_maps.ts";
export * from "./evaluate/classifier_accuracy.ts";
export * from "./evaluate/dense/patch_features.ts";
export * from "./evaluate/dense/patch_labels.ts";
export { patchSamples } from "./evaluate/dense/patch_samples.ts";
export { pixelClasses } from "./evaluate/dense/pixel_classes.ts";
export {
  type Segmentation,
  type Segmenter,
  segmentImages,
} from "./evaluate/dense/segment_images.ts";
export * from "./evaluate/encoder_features.ts";
export {
  onlyRows,
  programRow,
  type RowMaker,
  rowsOfImages,
  type SourceRows,
  withProgram,
} from "./evaluate/image_rows.ts";
export {
  KNN_VOTE,
  knnAccuracies,
  type KnnAccuracy,
  knnAccuracy,
  type KnnOptions,
  knnVotes,
} from "./evaluate/knn.ts";
export {
  type SharedBatches,
  sharedBatches,
} from "./evaluate/shared_batches.ts";
export { pixelRow, smallPixels } from "./evaluate/pixel_rows.ts";
export {
  probeAccuracy,
  type ProbeScorer,
  probeScorer,
  probeScores,
} from "./evaluate/probe_accuracy.ts";
export {
  chosenRate,
  type ProbeSweep,
  sweepProbe,
  SWEPT_RATES,
} from "./evaluate/probe_sweep.ts";
export { reconstruct, type Reconstruction } from "./evaluate/reconstruct.ts";
export * from "./evaluate/points/nearest_points.ts";
export * from "./evaluate/points/principal_axes.ts";
export * from "./evaluate/scores/class_scores.ts";
export * from "./evaluate/scores/intervals.ts";
export * from "./evaluate/scores/mean_interval.ts";
export * from "./evaluate/scores/mean_iou_gain.ts";
export * from "./evaluate/scores/segmentation_scores.ts";
export { reconstructionRows } from "./evaluate/reconstruction_rows.ts";
export type { ReconstructionRow } from "./evaluate/rows_by_loading.ts";
export { features, type PictureFeatures } from "./predict/features.ts";
export type { UnreadablePicture } from "./predict/picture_rows.ts";
export {
  type NamedClass,
  predict,
  predictBatches,
  type Prediction,
} from "./predict/predict.ts";
export { preparedPictures } from "./predict/prepared_pictures.ts";
export {
  type Similarities,
  type SimilarPictures,
  similarPictures,
} from "./predict/similar_pictures.ts";
export { agreeOn, fromFirst } from "./ranks/agreement.ts";
export { commonStart } from "./ranks/common_start.ts";
export { toldByAll } from "./ranks/told_by_all.ts";
export { replaceFile } from "./files/atomic_file.ts";
export { fileResult, readRegular } from "./files/file_result.ts";
export { decodeSafetensors, encodeSafetensors } from "./files/safetensors.ts";
export type { StoredTensor } from "./files/tensor_data.ts";
export { type AnyError, describeError, orThrow } from "./or_throw.ts";
export {
  evaluateNow,
  evaluationHook,
  type EvaluationLine,
  type EvaluationOptions,
  readEvaluations,
  type Scores,
  writeEvaluations,
} from "./run/evaluations.ts";
export { checkUnlocked, lockFolder } from "./run/folder_lock.ts";
export {
  type FollowedRun,
  type Follower,
  followRun,
  type NoRun,
} from "./run/follow/follow_run.ts";
export {
  type LayerStatus,
  type RunLife,
  type RunStatus,
  secondsLeft,
  type StageStatus,
} from "./run/follow/run_status.ts";
export {
  BAD_IMAGES_FILE,
  haveSameNames,
  type HeldOut,
  type ImageChoice,
  readBadImages,
  readImagesFile,
  type RememberedImages,
  rememberedImages,
  writeBadImages,
  writeImagesFile,
} from "./run/images_file.ts";
export {
  candidatesIn,
  checkpointProgress,
  describeSkipped,
  latestCheckpoint,
  runFolderAt,
  runFolderOf,
  type RunProgress,
} from "./run/latest_checkpoint.ts";
export {
  classLoss,
  DEFAULT_LOSS_LIMIT,
  type LossWatch,
  lossWatch,
  stageLosses,
  type WatchedLosses,
} from "./run/loss_watch.ts";
export { METRICS_FILE, type MetricsLine, metricsLine } from "./run/metrics.ts";
export { readRecord } from "./run/metrics_record.ts";
export type { Witness } from "./run/record_before.ts";
export { resumeRunFolder } from "./run/resume_run_folder.ts";
export {
  createRunFolder,
  holdsRun,
  refuseOtherRun,
  RUN_FILES,
  type RunFolder,
  taskOfRun,
} from "./run/run_folder.ts";
export { runHistory, type RunTotals } from "./run/run_history.ts";
export {
  keepingHooks,
  type KeepingOptions,
  optionalTracker,
  type Tracker,
  trackerHook,
} from "./run/run_hooks.ts";
export {
  measuredSaving,
  phaseTimes,
  tellsSaving,
  type TimedStep,
} from "./run/saving.ts";
export { openRunEvents } from "./run/tensorboard/run_events.ts";
export {
  type FiledTraining,
  readTraining,
  trainingParts,
} from "./run/training_file.ts";
export type { TrainingBatch } from "./tasks/batch_images.ts";
export {
  batchSource,
  convNetBatches,
  finetuneBatches,
} from "./tasks/batch_source.ts";
export type {
  BatchSource,
  LevelSource,
  Loading,
} from "./tasks/image_batches.ts";
export { batchTensors } from "./tasks/batch_tensors.ts";
export {
  type ConvNetRun,
  convNetTask,
  initialConvNet,
} from "./tasks/convnet.ts";
export {
  type FinetuneRun,
  finetuneTask,
  initialFinetune,
} from "./tasks/finetune.ts";
export * from "./tasks/pretrain.ts";
export * from "./tasks/probe.ts";
export {
  type EpochFeatures,
  type LabelledFeatures,
  probeBatches,
  selectPoints,
} from "./tasks/probe_batches.ts";
export { describeTrainError, type TrainError } from "./train_error.ts";
export {
  encoderParameters,
  type EncoderReport,
  encoderSnapshot,
} from "./weights/encoder/encoder_start.ts";
export { exportClassifier } from "./weights/export/export_classifier.ts";
export { exportEncoder } from "./weights/export/export_encoder.ts";
export type { EncoderNormalization } from "./weights/image_statistics.ts";
export { numbersDigest } from "./weights/numbers_digest.ts";
export {
  type ClassifierFacts,
  factsText,
  writeClassifierFacts,
} from "./weights/classifier/classifier_facts.ts";
export type { OpenedClassifier } from "./weights/classifier/classifier_parts.ts";
export {
  classifierTask,
  openClassifier,
} from "./weights/classifier/open_classifier.ts";
export type { OpenClassifierOptions } from "./weights/classifier/training_classifier.ts";
export * from "./weights/open_encoder.ts";
export {
  type SharedWork,
  type WorkOptions,
  yieldToOthers,
} from "./work_options.ts";
