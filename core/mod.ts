/**
 * The pure core: schedules, plans, graphs and models as immutable data.
 *
 * @module
 */
export * from "./byte_kind.ts";
export { nearestHint } from "./codec/nearest.ts";
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
export * from "./config/convnet.ts";
export * from "./config/finetune.ts";
export { MAE_RECIPE } from "./config/mae.ts";
export * from "./config/old_words.ts";
export {
  type FreezeConfig,
  type RateConfig,
  type RateMode,
  T0_RANGE,
} from "./config/parts.ts";
export * from "./config/pretrain.ts";
export * from "./config/probe.ts";
export * from "./config/recipes.ts";
export * from "./excerpt.ts";
export {
  type FitReasons,
  type FitRequest,
  type FittedRun,
} from "./fit/candidate_run.ts";
export { fittedRun, type StepToTime, stepToTime } from "./fit/fitted.ts";
export type { PictureFacts } from "./fit/picture_models.ts";
export { recipeRate } from "./fit/recipe_rate.ts";
export type { Stated } from "./fit/settled_model.ts";
export type { TimedModel } from "./fit/step_time.ts";
export type { GraphBuilder } from "./graph/builder.ts";
export { joinGraphs, withOutputs } from "./graph/compose.ts";
export {
  type ConvolutionExtents,
  convolutionExtents,
} from "./graph/convolution_extents.ts";
export { graphFlops, longestSum, nodeFlops } from "./graph/cost.ts";
export * from "./graph/differentiate.ts";
export {
  gradientGroups,
  gradientSegments,
  type SegmentLimits,
} from "./graph/gradient_segments.ts";
export { interpretGraph } from "./graph/interpret.ts";
export { bytesOf, lastUses } from "./graph/lifetimes.ts";
export {
  type ActivationOp,
  type Convolution,
  type ConvolutionOp,
  type DType,
  type ElementwiseOp,
  type Graph,
  inputSignatures,
  type LocalOp,
  type Node,
  type NodeId,
  type NodeOf,
  type OpAttributes,
  type OpName,
  type Shape,
  type Signature,
  sizeOf,
} from "./graph/node.ts";
export { CLIP_EPSILON } from "./graph/ops/clip_factor.ts";
export { LEAST_NORMAL } from "./graph/ops/elementwise.ts";
export {
  cellOverlaps,
  HOG_FLAT,
  orientationBin,
  type Overlap,
} from "./graph/ops/hog.ts";
export * from "./graph/prune.ts";
export { cutAtRankSums } from "./graph/rank_sums.ts";
export { cutGraph, type Segment } from "./graph/segments.ts";
export { traceGraph } from "./graph/trace.ts";
export { type AttendingTokens, attentionGraph } from "./models/attention.ts";
export {
  classifierParameters,
  classifierScoreGraph,
  type ClassifierSpec,
  classifierStepGraph,
} from "./models/classifier.ts";
export {
  convNetDropout,
  convNetScoreGraph,
  convNetStepGraph,
  convNetTensors,
} from "./models/convnet.ts";
export type { ConvNetFamily, ConvNetSpec } from "./models/convnet_spec.ts";
export { bottlenecksOf } from "./models/convnets/dense.ts";
export { encode, encoderGraph, tapNorm } from "./models/encoder.ts";
export {
  allTaps,
  featureNodes,
  type FeatureSpec,
  featureWidth,
  lastTap,
  neighbourFeature,
  patchFeatureNodes,
} from "./models/feature.ts";
export {
  type HeadInput,
  headInputGraph,
  imageClassifierGraph,
  imageClassifierParameters,
  type ImageClassifierSpec,
} from "./models/image_classifier.ts";
export {
  initialParameters,
  LATENT_LOSS,
  type LocalMimNodes,
  parameterSpecs,
  reconstructionGraph,
  STAGE_WEIGHTS,
  stageLossName,
  stepGraph,
  trainableParameterNames,
} from "./models/local_mim.ts";
export { checkModel } from "./models/model_codec.ts";
export {
  modelNamed,
  SIZE_PRESETS,
  timmModelName,
} from "./models/model_names.ts";
export {
  allStages,
  cellSide,
  cellsPerSide,
  gridSize,
  isDecayed,
  type LatentTargets,
  localMimStages,
  MODEL_PRESETS,
  type ModelName,
  type ModelSpec,
  type Owner,
  type ParameterSpec,
  patchCount,
  type StageScale,
  stagesOnGrid,
  type StageSpec,
  type StageTarget,
  targetChannels,
  targetOf,
  visibleCount,
  type VitScope,
} from "./models/model_spec.ts";
export {
  maeModel,
  type Objective,
  objectiveOf,
  withTarget,
} from "./models/objectives.ts";
export { imageOfCells } from "./models/targets/picture.ts";
export {
  PROBE_EPSILON,
  PROBE_NAMES,
  probeScoreGraph,
  probeShapes,
  type ProbeSpec,
  probeStepGraph,
  probeSweepGraph,
  sweptName,
} from "./models/probe.ts";
export { initialValues } from "./nn/init.ts";
export * from "./nn/masking.ts";
export * from "./nn/positions.ts";
export { type Declarations, modelScope } from "./nn/scope.ts";
export {
  CLIP_INPUT,
  clipFactor,
  globalNorm,
  gradientSquares,
  type NamedShape,
  SQUARES_OUTPUT,
} from "./optim/gradient_norm.ts";
export { layerDecay } from "./optim/layer_decay.ts";
export type { AdamWConfig, OptimizerConfig } from "./optim/optimizer_config.ts";
export {
  averageName,
  type Averaging,
  corrections,
  stateKinds,
  stateName,
  updateGraph,
  type UpdateRule,
} from "./optim/update_graph.ts";
export * from "./plan/cost/calc_speedup.ts";
export { type ConvNetPlan, convNetPlan } from "./plan/convnet_plan.ts";
export {
  layerFlops,
  phaseFlops,
  predictedSaving,
  savedPart,
  stretchFlops,
} from "./plan/cost/cost.ts";
export { denseNetCosts } from "./plan/cost/dense_net_costs.ts";
export { finetunePlan, freezePlan, planOf } from "./plan/freeze_plan.ts";
export { stepsPerEpoch } from "./plan/run_length.ts";
export * from "./plan/freeze_search.ts";
export { withFreezeSteps } from "./plan/freeze_steps.ts";
export { latentTapAt } from "./plan/latent_phases.ts";
export {
  phaseMemory,
  type StepMemory,
  stepMemory,
} from "./plan/cost/memory.ts";
export { isTrainable, layerOfOwner } from "./plan/ownership.ts";
export {
  type FreezePlan,
  type Phase,
  phaseAt,
  type PlanLayer,
} from "./plan/plan.ts";
export { encodePlan } from "./plan/plan_json.ts";
export * from "./plan/probe_plan.ts";
export { type Stride, strideAt, strideRates } from "./plan/batch_growth.ts";
export { ratesAt } from "./plan/rates.ts";
export * from "./plan/cost/scaling.ts";
export { epochsForEqualCost, t0ForSaving } from "./plan/search.ts";
export * from "./random/random.ts";
export {
  describeFault,
  describeFaults,
  type Fault,
  type Faults,
  left,
  type Result,
  right,
} from "./result.ts";
export { freezeTimeAt, type WarmupMode } from "./schedule/annealing.ts";
export {
  type Curriculum,
  type WeightPoint,
  weightsAt,
} from "./schedule/curriculum.ts";
export {
  describeFreezeTimes,
  type FreezeScale,
  type FreezeTimes,
  listedTimes,
  withT0,
} from "./schedule/freeze_time.ts";
export { peakRate } from "./schedule/initial_rate.ts";
export { rateAt, type RateSchedule } from "./schedule/rate_schedule.ts";
export {
  chosenPercent,
  duration,
  inPercent,
  percent,
  thousands,
  UNKNOWN,
} from "./number_words.ts";
