/**
 * The pure core: schedules, plans, graphs and models as immutable data.
 *
 * @module
 */
export * from "./result.ts";
export * from "./byte_kind.ts";
export * from "./excerpt.ts";
export * from "./graph/node.ts";
export * from "./graph/convolution_extents.ts";
export * from "./models/model_spec.ts";
export * from "./models/model_names.ts";
export type { GraphBuilder, Transposition } from "./graph/builder.ts";
export * from "./graph/trace.ts";
export * from "./graph/cost.ts";
export * from "./graph/differentiate.ts";
export * from "./graph/interpret.ts";
export * from "./graph/lifetimes.ts";
export * from "./graph/op_definition.ts";
export * from "./graph/prune.ts";
export { LEAST_NORMAL } from "./graph/ops/elementwise.ts";
export {
  cellOverlaps,
  HOG_FLAT,
  HOG_FLOPS_PER_SAMPLE_PIXEL,
  orientationBin,
  type Overlap,
} from "./graph/ops/hog.ts";
export * from "./models/classifier.ts";
export * from "./nn/losses.ts";
export * from "./models/decoder.ts";
export * from "./models/hog_loss.ts";
export { checkModel, MODEL_LIMITS } from "./models/model_codec.ts";
export * from "./nn/scope.ts";
export * from "./models/encoder.ts";
export * from "./nn/layers.ts";
export * from "./models/local_mim.ts";
export * from "./nn/masking.ts";
export * from "./nn/positions.ts";
export * from "./models/probe.ts";
export * from "./optim/gradient_norm.ts";
export {
  type LarsConfig,
  type LarsNodes,
  type LarsOptions,
  larsUpdate,
} from "./optim/lars.ts";
export * from "./optim/layer_decay.ts";
export * from "./optim/update_graph.ts";
export * from "./random/threefry.ts";
export * from "./random/random.ts";
export * from "./nn/init.ts";
export * from "./brand.ts";
export * from "./codec/nearest.ts";
export {
  annealSteps,
  freezeStepAt,
  type TrainingSpan,
  type WarmupMode,
} from "./schedule/annealing.ts";
export * from "./schedule/freeze_time.ts";
export * from "./schedule/initial_rate.ts";
export * from "./schedule/rate_schedule.ts";
export type {
  ClippingConfig,
  FreezeConfig,
  RateConfig,
  RateMode,
  TrainingConfig,
} from "./config/parts.ts";
export { T0_RANGE } from "./config/parts.ts";
export {
  type Augmentation,
  augmentationFaults,
  type AugmentConfig,
  type MixingConfig,
  RAND_AUGMENT,
  type RandAugment,
  RANDOM_ERASING,
  type RandomErasing,
} from "./config/augment.ts";
export * from "./config/finetune.ts";
export * from "./config/old_words.ts";
export * from "./config/pretrain.ts";
export * from "./config/probe.ts";
export type {
  AdamWConfig,
  OptimizerConfig,
  SgdConfig,
} from "./optim/optimizer_config.ts";
export {
  type FreezePlan,
  type Phase,
  phaseAt,
  type Phases,
  type PlanConfig,
  type PlanLayer,
  type PlanStage,
} from "./plan/plan.ts";
export {
  finetunePlan,
  freezePlan,
  planOf,
  stepsPerEpoch,
} from "./plan/freeze_plan.ts";
export * from "./plan/ownership.ts";
export * from "./plan/rates.ts";
export * from "./plan/cost.ts";
export * from "./plan/memory.ts";
export * from "./plan/plan_json.ts";
export { epochsForEqualCost, t0ForSaving } from "./plan/search.ts";
export * from "./plan/calc_speedup.ts";
export {
  type ConvNetBlock,
  convNetBlocks,
  type ConvNetFamily,
  convNetLayers,
  type ConvNetSpec,
  STEM_CHANNELS,
} from "./models/convnet_spec.ts";
export * from "./nn/batch_norm.ts";
export * from "./models/convnet.ts";
export * from "./config/convnet.ts";
export * from "./plan/convnet_plan.ts";
export * from "./plan/probe_plan.ts";
