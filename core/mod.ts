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
