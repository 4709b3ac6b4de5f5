/**
 * Training of any kind, kept in a folder, followed and resumed.
 *
 * @module
 */
export type {
  CheckpointPolicy,
  KeptCheckpoints,
} from "../train/checkpoint/checkpoint_policy.ts";
export { readCheckpoint } from "../train/checkpoint/read_checkpoint.ts";
export type {
  Change,
  Difference,
  LayerChange,
  ScheduleChange,
} from "../train/checkpoint/schedule_change.ts";
export { writeCheckpoint } from "../train/checkpoint/write_checkpoint.ts";
export type { ItemSource, PixelForm } from "../train/engine/epoch_items.ts";
export {
  atEpochEnds,
  type Hook,
  type HookResult,
  type StepRule,
} from "../train/engine/hooks.ts";
export { train, type TrainOptions } from "../train/engine/loop.ts";
export { runNeeds } from "../train/engine/needs.ts";
export {
  averagedParameters,
  type Snapshot,
  type TensorState,
  type TrainState,
} from "../train/engine/state.ts";
export type {
  ActivationGraph,
  ConstantTensor,
  Placed,
  RateGroup,
  StateShapes,
  Task,
  TrainableParameter,
  TrainingIdentity,
} from "../train/engine/task.ts";
export type { HostBatch, HostTensors } from "../train/engine/tensors.ts";
export type {
  CommunicationTimes,
  StepProgress,
  StepReport,
  StepTimes,
  Training,
} from "../train/engine/training.ts";
export type { FileFailed } from "../train/files/file_result.ts";
export type { TensorFile } from "../train/files/safetensors.ts";
export type { FormatError } from "../train/files/safetensors_header.ts";
export type {
  ChooseTensors,
  StoredTensor,
  TensorData,
  Weights,
} from "../train/files/tensor_data.ts";
export { type AnyError, orThrow } from "../train/or_throw.ts";
export type { EvaluationLine, Scores } from "../train/run/evaluations.ts";
export {
  type FollowedCheckpoint,
  type FollowedRun,
  type Follower,
  followRun,
  type NoRun,
} from "../train/run/follow/follow_run.ts";
export {
  type FollowedTraining,
  type LayerStatus,
  type RunLife,
  type RunRecord,
  type RunStatus,
  runStatus,
  type StageStatus,
} from "../train/run/follow/run_status.ts";
export {
  latestCheckpoint,
  type SkippedCheckpoint,
} from "../train/run/latest_checkpoint.ts";
export {
  classLoss,
  type LossExploded,
  type LossWatch,
  lossWatch,
  stageLosses,
  type WatchedLosses,
} from "../train/run/loss_watch.ts";
export type { MetricsLine } from "../train/run/metrics.ts";
export { readMetrics } from "../train/run/metrics_record.ts";
export type { Witness } from "../train/run/record_before.ts";
export {
  type ResumeOptions,
  resumeRunFolder,
} from "../train/run/resume_run_folder.ts";
export {
  createRunFolder,
  type RunBeginning,
  type RunFolder,
} from "../train/run/run_folder.ts";
export type { RunTotals } from "../train/run/run_history.ts";
export {
  checkpointHook,
  keepingHooks,
  type KeepingOptions,
  lossWatchHook,
  recordHook,
  type Tracker,
  trackerHook,
} from "../train/run/run_hooks.ts";
export {
  measuredSaving,
  type PhaseTime,
  phaseTimes,
  type TimedStep,
} from "../train/run/saving.ts";
export {
  openRunEvents,
  type TrackedRun,
} from "../train/run/tensorboard/run_events.ts";
export type { Images, TrainingBatch } from "../train/tasks/batch_images.ts";
export {
  batchSource,
  convNetBatches,
  finetuneBatches,
} from "../train/tasks/batch_source.ts";
export type {
  BatchSource,
  LevelSource,
  Loading,
} from "../train/tasks/image_batches.ts";
export type { EpochDraw } from "../train/tasks/batch_tensors.ts";
export {
  type ConvNetRun,
  convNetTask,
  initialConvNet,
} from "../train/tasks/convnet.ts";
export {
  type FinetuneRun,
  finetuneTask,
  initialFinetune,
} from "../train/tasks/finetune.ts";
export { identityOf } from "../train/tasks/identities.ts";
export {
  initialSnapshot,
  pretraining,
  type PretrainRun,
  pretrainTask,
} from "../train/tasks/pretrain.ts";
export {
  initialProbe,
  type ProbeRun,
  probeTask,
} from "../train/tasks/probe.ts";
export {
  type EpochFeatures,
  type LabelledFeatures,
  type ProbeBatch,
  probeBatches,
  type ProbedSamples,
} from "../train/tasks/probe_batches.ts";
export {
  describeTrainError,
  type Origin,
  type OriginKind,
  type TrainError,
} from "../train/train_error.ts";
export type { SharedWork, WorkOptions } from "../train/work_options.ts";
