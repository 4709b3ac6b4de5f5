/**
 * Training: runs, checkpoints, records, and what an encoder is worth.
 *
 * @module
 */
export * from "./engine/accumulate.ts";
export * from "./atomic_file.ts";
export * from "./engine/parts.ts";
export * from "./tasks/batch_source.ts";
export * from "./tasks/batch_tensors.ts";
export {
  CHECKPOINT_FILES,
  checkpointName,
  type RunFile,
  type RunIdentity,
} from "./checkpoint_layout.ts";
export * from "./evaluate/convnet_accuracy.ts";
export * from "./tasks/convnet.ts";
export {
  checkUnlocked,
  type FolderLock,
  LOCK_FILE,
  lockFolder,
} from "./folder_lock.ts";
export * from "./checkpoint_policy.ts";
export * from "./differences.ts";
export * from "./engine/tensors.ts";
export * from "./engine/find_origin.ts";
export * from "./engine/snapshot.ts";
export * from "./evaluate/classifier_accuracy.ts";
export * from "./evaluate/encoder_features.ts";
export * from "./evaluate/image_rows.ts";
export * from "./tasks/drop_path.ts";
export * from "./tasks/finetune.ts";
export * from "./tasks/mixing.ts";
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
export * from "./follow/follow_run.ts";
export * from "./follow/metrics_sample.ts";
export * from "./follow/metrics_tail.ts";
export * from "./follow/run_life.ts";
export * from "./follow/run_status.ts";
export * from "./follow/seconds_left.ts";
export * from "./folder_names.ts";
export * from "./work_options.ts";
export * from "./is_missing.ts";
export * from "./evaluate/knn.ts";
export {
  checkpointProgress,
  describeSkipped,
  latestCheckpoint,
  runFolderAt,
  runFolderOf,
  type RunProgress,
  type SkippedCheckpoint,
} from "./latest_checkpoint.ts";
export * from "./loss_watch.ts";
export * from "./metrics.ts";
export {
  readMetrics,
  readRecord,
  type RecordReach,
  type RecordWriter,
  recordWriter,
} from "./metrics_record.ts";
export * from "./engine/update.ts";
export * from "./newest_whole_checkpoint.ts";
export * from "./or_throw.ts";
export * from "./engine/origin.ts";
export * from "./engine/phase.ts";
export * from "./engine/needs.ts";
export * from "./engine/hooks.ts";
export * from "./engine/loop.ts";
export * from "./engine/phases.ts";
export * from "./engine/task.ts";
export * from "./engine/training.ts";
export * from "./tasks/image_batch.ts";
export * from "./tasks/identities.ts";
export * from "./tasks/model_part.ts";
export * from "./tasks/position_tables.ts";
export * from "./tasks/probe.ts";
export * from "./tasks/probe_batches.ts";
export * from "./evaluate/probe_accuracy.ts";
export * from "./evaluate/probe_sweep.ts";
export { readCheckpoint } from "./read_checkpoint.ts";
export type { RecordBefore, Witness } from "./record_before.ts";
export * from "./evaluate/reconstruct.ts";
export * from "./recorded_run.ts";
export * from "./resume_run_folder.ts";
export * from "./run_folder.ts";
export * from "./run_history.ts";
export { holdsRun, refuseOtherRun } from "./run_folder_parts.ts";
export { type OnceEach, onceEach } from "./once_each.ts";
export {
  openRegular,
  readRegular,
  type RegularOptions,
} from "./regular_file.ts";
export * from "./engine/programs.ts";
export {
  type ChooseTensors,
  decodeSafetensors,
  encodeSafetensors,
  type FormatError,
  joinedParts,
  safetensorsParts,
  type StoredTensor,
  type TensorData,
  type TensorFile,
} from "./safetensors.ts";
export * from "./saving.ts";
export * from "./schedule_change.ts";
export * from "./tasks/pretrain.ts";
export * from "./engine/health.ts";
export * from "./tensorboard/crc32c.ts";
export * from "./tensorboard/event.ts";
export * from "./tensorboard/event_file.ts";
export * from "./tensorboard/run_events.ts";
export * from "./tensorboard/step_scalars.ts";
export * from "./tensorboard/tfrecord.ts";
export * from "./evaluate/accuracy.ts";
export * from "./training_file.ts";
export * from "./train_error.ts";
export * from "./engine/state.ts";
export * from "./engine/step.ts";
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
export { IMAGES_FILE } from "./weights/find_weights.ts";
export type { EncoderNormalization } from "./weights/image_statistics.ts";
export * from "./weights/open_encoder.ts";
export * from "./weights/read_weights.ts";
export type { Weights } from "./weights/weights.ts";
export type { UnseenSizes } from "./weights/encoder/encoder_sizes.ts";
export {
  decodeTorchFile,
  type TorchFormatError,
} from "./weights/torch/torch_file.ts";
export * from "./write_checkpoint.ts";
