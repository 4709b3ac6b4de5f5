/** What a model makes of some images of a source, ready to be drawn. */
import type { Backend, DeviceTensors } from "../../backends/backend.ts";
import type { PretrainConfig, Result } from "../../core/mod.ts";
import { type ImageSource, loadAll } from "../../data/mod.ts";
import type { TrainError } from "../train_error.ts";
import { type ReconstructionRow, rowsLoadedBy } from "./rows_by_loading.ts";

const rowsOf = rowsLoadedBy({ loadAll });

/**
 * What a model makes of the hidden patches of some images of a source, each image a row of
 * `reconstructionPicture`. Images and masks are the same each time, so that two moments of
 * a training can be compared.
 *
 * @param config Sizes of the model, and the seed of the masks.
 * @param parameters The model's parameters on that device, for example `Training.parameters`.
 * @param source Images, best ones that the model never learned from.
 * @param count Rows, `≥ 1`; all images where there are fewer.
 * @returns The rows, or why there are none: images cannot be read, the engine failed.
 *
 * @example The picture of a model that has learned nothing yet
 * ```ts
 * import * as vit from "@vitfreeze/vitfreeze";
 * import { match } from "node:assert/strict";
 *
 * const source = vit.orThrow(await vit.embeddedFashionMnist());
 * const config = vit.RECIPES.small;
 * const plan = vit.orThrow(vit.planOf(config, source.length));
 * const batches = vit.orThrow(vit.batchSource(source, config));
 * const { backend } = vit.orThrow(await vit.selectBackend("cpu"));
 * const start = vit.initialSnapshot(config, plan);
 * const run = vit.pretraining({ config, plan, backend, batches, start });
 *
 * const parameters = run.parameters();
 * const rows = vit.orThrow(await vit.reconstructionRows(backend, config, parameters, source, 2));
 * run.dispose();
 *
 * const { reconstructionPicture } = await vit.plots();
 * match(await reconstructionPicture(rows), /HOG target/);
 * ```
 */
export function reconstructionRows(
  backend: Backend,
  config: Pick<PretrainConfig, "model" | "training">,
  parameters: DeviceTensors,
  source: ImageSource,
  count?: number,
): Promise<Result<TrainError, readonly ReconstructionRow[]>> {
  return rowsOf(backend, config, parameters, source, count);
}
