/**
 * Training: runs, checkpoints, records, and what an encoder is worth.
 *
 * @module
 */
export * from "./accumulate.ts";
export * from "./atomic_file.ts";
export * from "./batch_parts.ts";
export * from "./batch_source.ts";
export * from "./batch_tensors.ts";
export {
  CHECKPOINT_FILES,
  checkpointName,
  type RunFile,
  type RunIdentity,
} from "./checkpoint_layout.ts";
export * from "./compile_all.ts";
export * from "./convnet/convnet_accuracy.ts";
export * from "./convnet/convnet_batches.ts";
export * from "./convnet/convnet_programs.ts";
export * from "./convnet/convnet_step.ts";
export * from "./convnet/convnet_training.ts";
export {
  checkUnlocked,
  type FolderLock,
  LOCK_FILE,
  lockFolder,
} from "./folder_lock.ts";
export * from "./checkpoint_policy.ts";
export * from "./differences.ts";
export * from "./download.ts";
export * from "./evaluate/encoder_features.ts";
export * from "./evaluate/image_rows.ts";
export * from "./find_origin.ts";
export * from "./finetune/classifier_accuracy.ts";
export * from "./finetune/drop_path.ts";
export * from "./finetune/finetune_batches.ts";
export * from "./finetune/finetune_config.ts";
export * from "./finetune/finetune_file.ts";
export * from "./finetune/finetune_programs.ts";
export * from "./finetune/finetune_step.ts";
export * from "./finetune/finetuning.ts";
export * from "./finetune/mixing.ts";
export * from "./follow/follow_run.ts";
export * from "./follow/metrics_sample.ts";
export * from "./follow/metrics_tail.ts";
export * from "./follow/run_life.ts";
export * from "./follow/run_status.ts";
export * from "./follow/saving_so_far.ts";
export * from "./follow/seconds_left.ts";
export * from "./folder_names.ts";
export * from "./gradient_health.ts";
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
export * from "./left_out.ts";
export * from "./loss_watch.ts";
export * from "./metrics.ts";
export {
  readMetrics,
  readRecord,
  type RecordReach,
  type RecordWriter,
  recordWriter,
} from "./metrics_record.ts";
export * from "./move_parameters.ts";
export * from "./newest_whole_checkpoint.ts";
export * from "./or_throw.ts";
export * from "./origin.ts";
export * from "./phase_programs.ts";
export * from "./run_needs.ts";
export * from "./pretraining.ts";
export * from "./probe/linear_probe.ts";
export * from "./probe/probe_accuracy.ts";
export * from "./probe/probe_config.ts";
export * from "./probe/probe_file.ts";
export * from "./probe/probe_sweep.ts";
export type { EpochFeatures, ProbedSamples } from "./probe/probe_batches.ts";
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
export * from "./run_graph.ts";
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
export * from "./snapshot.ts";
export * from "./step_context.ts";
export * from "./stepped_training.ts";
export * from "./step_memory.ts";
export * from "./step_numbers.ts";
export * from "./step_report.ts";
export * from "./sum_graph.ts";
export * from "./tensorboard/crc32c.ts";
export * from "./tensorboard/event.ts";
export * from "./tensorboard/event_file.ts";
export * from "./tensorboard/run_events.ts";
export * from "./tensorboard/step_scalars.ts";
export * from "./tensorboard/tfrecord.ts";
export * from "./summed_outputs.ts";
export * from "./evaluate/accuracy.ts";
export * from "./training_file.ts";
export * from "./train_error.ts";
export * from "./train_state.ts";
export * from "./train_step.ts";
export * from "./update_scalars.ts";
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
