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
export * from "./model/model_spec.ts";
export * from "./model/parameters.ts";
export * from "./model/presets.ts";
export * from "./model/model_names.ts";
export * from "./graph/builder.ts";
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
export * from "./model/classifier.ts";
export * from "./model/classifier_graph.ts";
export * from "./model/cross_entropy.ts";
export * from "./model/decoder.ts";
export * from "./model/encoder.ts";
export * from "./model/encoder_graph.ts";
export * from "./model/hog_target.ts";
export * from "./model/layers.ts";
export * from "./model/local_mim.ts";
export * from "./model/masked_loss.ts";
export * from "./model/masking.ts";
export * from "./model/pos_embed.ts";
export * from "./model/resample_positions.ts";
export * from "./model/probe_graph.ts";
export * from "./model/step_graph.ts";
export * from "./optimizer/gradient_norm.ts";
export * from "./optimizer/lars.ts";
export * from "./optimizer/lars_update.ts";
export * from "./optimizer/layer_decay.ts";
export * from "./optimizer/update_graph.ts";
export * from "./threefry.ts";
export * from "./beta_draw.ts";
export * from "./random.ts";
export * from "./model/init.ts";
export * from "./brand.ts";
export * from "./nearest.ts";
export * from "./model/check_model.ts";
export * from "./model/model_limits.ts";
export * from "./schedule/annealing.ts";
export * from "./schedule/cosine_rate.ts";
export * from "./schedule/freeze_time.ts";
export * from "./schedule/initial_rate.ts";
export * from "./schedule/rate_schedule.ts";
export * from "./plan/config.ts";
export {
  decodePretrainConfig,
  encodePretrainConfig,
} from "./plan/config_codec.ts";
export * from "./plan/plan.ts";
export { freezePlan } from "./plan/freeze_plan.ts";
export { phaseAt } from "./plan/phases.ts";
export * from "./plan/ownership.ts";
export * from "./plan/rates.ts";
export * from "./plan/steps.ts";
export * from "./model/reconstruction_graph.ts";
export {
  encoderBlockFlops,
  type ModuleFlops,
  patchEmbedFlops,
  stageFlops,
  transformerBlockFlops,
} from "./plan/module_flops.ts";
export * from "./plan/cost.ts";
export * from "./plan/memory.ts";
export * from "./plan/plan_json.ts";
export * from "./plan/t0_for_saving.ts";
export * from "./plan/equal_cost.ts";
export * from "./plan/calc_speedup.ts";
export {
  checkConvNet,
  type ConvNetBlock,
  convNetBlocks,
  type ConvNetFamily,
  convNetLayers,
  type ConvNetSpec,
  headChannels,
  STEM_CHANNELS,
} from "./convnet/convnet_spec.ts";
export * from "./convnet/convnet_tensors.ts";
export * from "./convnet/batch_norm.ts";
export * from "./convnet/convnet.ts";
export * from "./convnet/convnet_graph.ts";
export * from "./convnet/convnet_config.ts";
export * from "./convnet/convnet_plan.ts";
export * from "./convnet/convnet_saving.ts";
