/**
 * Training: runs, checkpoints, records, and what an encoder is worth.
 *
 * @module
 */
export * from "./files/atomic_file.ts";
export {
  CHECKPOINT_FILES,
  checkpointName,
  type RunFile,
} from "./checkpoint/layout.ts";
export {
  checkUnlocked,
  type FolderLock,
  LOCK_FILE,
  lockFolder,
} from "./run/folder_lock.ts";
export * from "./checkpoint/checkpoint_policy.ts";
export * from "./engine/find_origin.ts";
export * from "./run/follow/follow_run.ts";
export * from "./run/follow/metrics_tail.ts";
export * from "./run/follow/run_status.ts";
export * from "./work_options.ts";
export {
  checkpointProgress,
  describeSkipped,
  latestCheckpoint,
  runFolderAt,
  runFolderOf,
  type RunProgress,
  type SkippedCheckpoint,
} from "./run/latest_checkpoint.ts";
export * from "./run/loss_watch.ts";
export * from "./run/images_file.ts";
export * from "./run/metrics.ts";
export {
  readMetrics,
  readRecord,
  type RecordReach,
  type RecordWriter,
  recordWriter,
} from "./run/metrics_record.ts";
export * from "./run/newest_whole_checkpoint.ts";
export * from "./or_throw.ts";
export * from "./engine/phase.ts";
export * from "./engine/needs.ts";
export * from "./engine/hooks.ts";
export * from "./engine/loop.ts";
export * from "./engine/phases.ts";
export * from "./engine/task.ts";
export * from "./engine/training.ts";
export * from "./tasks/identities.ts";
export * from "./tasks/model_part.ts";
export * from "./tasks/position_tables.ts";
export { readCheckpoint } from "./checkpoint/read_checkpoint.ts";
export type { RecordBefore, Witness } from "./run/record_before.ts";
export * from "./run/run_hooks.ts";
export * from "./run/resume_run_folder.ts";
export {
  createRunFolder,
  holdsRun,
  refuseOtherRun,
  type RunBeginning,
  type RunFolder,
  taskOfRun,
} from "./run/run_folder.ts";
export * from "./run/run_history.ts";
export * from "./files/file_result.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  type FormatError,
  joinedParts,
  safetensorsParts,
  type TensorFile,
} from "./files/safetensors.ts";
export type {
  ChooseTensors,
  StoredTensor,
  TensorData,
  Weights,
} from "./files/tensor_data.ts";
export * from "./run/saving.ts";
export * from "./checkpoint/schedule_change.ts";
export * from "./run/tensorboard/event_file.ts";
export * from "./run/tensorboard/run_events.ts";
export * from "./run/training_file.ts";
export * from "./run/evaluations.ts";
export * from "./train_error.ts";
export * from "./engine/state.ts";
export * from "./engine/step.ts";
export * from "./checkpoint/write_checkpoint.ts";
export * from "./engine/accumulate.ts";
export * from "./engine/parts.ts";
export * from "./tasks/batch_source.ts";
export * from "./tasks/batch_tensors.ts";
export * from "./engine/tensors.ts";
export * from "./engine/update.ts";
export * from "./engine/programs.ts";
export * from "./tasks/pretrain.ts";
export * from "./engine/health.ts";
export * from "./evaluate/accuracy.ts";
export * from "./evaluate/encoder_features.ts";
export * from "./evaluate/image_rows.ts";
export * from "./evaluate/knn.ts";
export * from "./evaluate/reconstruct.ts";
export {
  type EncoderNaming,
  type EncoderPlace,
  findEncoder,
} from "./weights/encoder/encoder_names.ts";
export * from "./weights/encoder/encoder_positions.ts";
export * from "./weights/encoder/encoder_start.ts";
export type {
  EncoderTensors,
  OtherContents,
  StoredTensors,
} from "./weights/encoder/encoder_tensors.ts";
export * from "./weights/export/export_encoder.ts";
export type { EncoderNormalization } from "./weights/image_statistics.ts";
export * from "./weights/open_encoder.ts";
export * from "./weights/read_weights.ts";
export type { UnseenSizes } from "./weights/encoder/encoder_sizes.ts";
export * from "./tasks/convnet.ts";
export * from "./evaluate/classifier_accuracy.ts";
export * from "./tasks/finetune.ts";
export * from "./tasks/mixing.ts";
export * from "./tasks/probe.ts";
export * from "./tasks/probe_batches.ts";
export * from "./evaluate/probe_accuracy.ts";
export * from "./evaluate/probe_sweep.ts";
export {
  type AugmentConfig,
  FINETUNE_RECIPE,
  type FinetuneConfig,
  finetunePlan,
  type FinetuneRate,
  type MixingConfig,
  PROBE_RECIPE,
  type ProbeConfig,
  type ProbePlan,
  probePlan,
} from "../core/mod.ts";
