/**
 * Whether a model can be built.
 *
 * @module
 */
import { decode } from "../codec/codec.ts";
import type { Faults, Result } from "../result.ts";
import { modelCodec } from "./model_codec.ts";
import type { ModelSpec } from "./model_spec.ts";

/**
 * Checks the sizes of a model: each field in its range, patches that tile the
 * image, widths that heads and position tables divide, taps from shallow to deep
 * that end at the last block, target cells of at least one pixel, at least one
 * visible and one masked patch.
 *
 * @param input A model, or anything that should be one.
 * @returns The model, or every fault in it.
 *
 * @example A grid of 14.5 patches
 * ```ts
 * import { checkModel, describeFaults, MODEL_PRESETS } from "@vitfreeze/vitfreeze/core";
 * import { strictEqual } from "node:assert/strict";
 *
 * const model = checkModel({ ...MODEL_PRESETS["vit-b"], imageSize: 232 });
 *
 * strictEqual(
 *   model._tag === "Left" && describeFaults(model.left),
 *   "imageSize: found 232, wanted a multiple of 16 (patchSize)",
 * );
 * ```
 */
export const checkModel: (input: unknown) => Result<Faults, ModelSpec> = decode(
  modelCodec,
);
