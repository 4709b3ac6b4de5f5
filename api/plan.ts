/**
 * Configurations, freeze schedules, plans and what they cost: pure data and functions.
 *
 * @module
 */
export {
  type Brand,
  type brand,
  type FreezeTime,
  type LearningRate,
} from "../core/brand.ts";
export type {
  Augmentation,
  AugmentConfig,
  MixingConfig,
  RandAugment,
  RandomErasing,
} from "../core/config/augment.ts";
export {
  type ConvNetConfig,
  decodeConvNetConfig,
  FREEZEOUT_ADAMW,
  FREEZEOUT_RECIPE,
} from "../core/config/convnet.ts";
export {
  decodeFinetuneConfig,
  FINETUNE_RECIPE,
  type FinetuneConfig,
  type FinetuneRate,
} from "../core/config/finetune.ts";
export type {
  ClippingConfig,
  FreezeConfig,
  RateConfig,
  RateMode,
  TrainingConfig,
} from "../core/config/parts.ts";
export {
  decodePretrainConfig,
  DEFAULT_PRETRAIN_CONFIG,
  encodePretrainConfig,
  type PretrainConfig,
} from "../core/config/pretrain.ts";
export {
  decodeProbeConfig,
  PROBE_RECIPE,
  type ProbeConfig,
} from "../core/config/probe.ts";
export {
  changedConfig,
  type Changes,
  type RecipeName,
  RECIPES,
} from "../core/config/recipes.ts";
export {
  type FitReasons,
  type FitRequest,
  type FittedRun,
} from "../core/fit/candidate_run.ts";
export { fittedRun, type StepToTime, stepToTime } from "../core/fit/fitted.ts";
export type { PictureFacts, StatedSizes } from "../core/fit/picture_models.ts";
export { recipeRate } from "../core/fit/recipe_rate.ts";
export type { Stated } from "../core/fit/settled_model.ts";
export type { TimedModel, TimedModels } from "../core/fit/step_time.ts";
export type { ClassifierSpec } from "../core/models/classifier.ts";
export type {
  ConvNetFamily,
  ConvNetSpec,
} from "../core/models/convnet_spec.ts";
export type { DenseNetSpec } from "../core/models/convnets/dense.ts";
export type { ImageSizes } from "../core/models/convnets/network.ts";
export type {
  ResidualFamily,
  ResidualSpec,
} from "../core/models/convnets/residual.ts";
export type { VggDepth, VggSpec } from "../core/models/convnets/vgg.ts";
export { modelNamed, type NamedModel } from "../core/models/model_names.ts";
export {
  type LatentTargets,
  MODEL_PRESETS,
  type ModelName,
  type ModelSpec,
  type StageScale,
  type StageSpec,
  type StageTarget,
} from "../core/models/model_spec.ts";
export { maeModel, withTarget } from "../core/models/objectives.ts";
export type { ProbeSpec } from "../core/models/probe.ts";
export type { NamedShape } from "../core/optim/gradient_norm.ts";
export type { LarsConfig, LarsOptions } from "../core/optim/lars.ts";
export type {
  AdamWConfig,
  OptimizerConfig,
  SgdConfig,
} from "../core/optim/optimizer_config.ts";
export type { UpdateRule } from "../core/optim/update_graph.ts";
export {
  type Stride,
  strideAt,
  strideRates,
} from "../core/plan/batch_growth.ts";
export { calcSpeedup } from "../core/plan/cost/calc_speedup.ts";
export {
  type ConvNetPlan,
  convNetPlan,
  type ConvNetPlanConfig,
} from "../core/plan/convnet_plan.ts";
export {
  type AnyPlan,
  phaseFlops,
  predictedSaving,
} from "../core/plan/cost/cost.ts";
export { finetunePlan, planOf } from "../core/plan/freeze_plan.ts";
export { stepsPerEpoch } from "../core/plan/run_length.ts";
export { latentTapAt } from "../core/plan/latent_phases.ts";
export { phaseMemory, type StepMemory } from "../core/plan/cost/memory.ts";
export {
  type FreezePlan,
  type Phase,
  phaseAt,
  type Phases,
  type PlanConfig,
  type PlanLayer,
  type PlanStage,
} from "../core/plan/plan.ts";
export { decodePlan, encodePlan } from "../core/plan/plan_json.ts";
export { type ProbePlan, probePlan } from "../core/plan/probe_plan.ts";
export { ratesAt, type StepRates } from "../core/plan/rates.ts";
export {
  type BucketSum,
  type GradientBucket,
  type Network,
  type PhaseWork,
  predictRun,
  predictStep,
  type RankWork,
  type RunPrediction,
  type Scaling,
  type StepPrediction,
} from "../core/plan/cost/scaling.ts";
export { epochsForEqualCost, t0ForSaving } from "../core/plan/search.ts";
export { type Key, rootKey, split } from "../core/random/random.ts";
export type { Words } from "../core/random/threefry.ts";
export {
  describeFaults,
  type Fault,
  type Faults,
  type Left,
  left,
  type Result,
  type Right,
  right,
} from "../core/result.ts";
export type { TrainingSpan, WarmupMode } from "../core/schedule/annealing.ts";
export {
  type Curriculum,
  type WeightPoint,
  weightsAt,
} from "../core/schedule/curriculum.ts";
export {
  type FreezeScale,
  type FreezeTimes,
  freezeTimes,
} from "../core/schedule/freeze_time.ts";
export { peakRate } from "../core/schedule/initial_rate.ts";
export {
  type LayerWiseSchedule,
  rateAt,
  type RateSchedule,
  type UniformSchedule,
  type WarmupRamp,
} from "../core/schedule/rate_schedule.ts";
