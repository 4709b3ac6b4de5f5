/**
 * The pure core: schedules, plans, graphs and models as immutable data.
 *
 * @module
 */
export * from "./result.ts";
export * from "./graph/node.ts";
export * from "./model/model_spec.ts";
export * from "./model/parameters.ts";
export * from "./model/presets.ts";
export * from "./graph/builder.ts";
export * from "./graph/cost.ts";
export * from "./graph/differentiate.ts";
export * from "./graph/interpret.ts";
export * from "./graph/lifetimes.ts";
export * from "./graph/op_definition.ts";
export * from "./graph/prune.ts";
export {
  cellOverlaps,
  HOG_FLAT,
  HOG_FLOPS_PER_SAMPLE_PIXEL,
  orientationBin,
  type Overlap,
} from "./graph/ops/hog.ts";
export * from "./model/decoder.ts";
export * from "./model/encoder.ts";
export * from "./model/hog_target.ts";
export * from "./model/layers.ts";
export * from "./model/local_mim.ts";
export * from "./model/masked_loss.ts";
export * from "./model/masking.ts";
export * from "./model/pos_embed.ts";
export * from "./model/step_graph.ts";
export * from "./optimizer/update_graph.ts";
export * from "./optimizer/update_rule.ts";
