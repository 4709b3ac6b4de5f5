/** The picture of a model's reconstructions, at the end of a run. */
import type { Backend, DeviceTensors } from "../../backends/mod.ts";
import { type PretrainConfig, type Result, right } from "../../core/mod.ts";
import type { ImageSource } from "../../data/mod.ts";
import { reconstructionPicture } from "../../plot/mod.ts";
import { reconstructionRows, type TrainError } from "../../train/mod.ts";

/** Images, masks, targets and what the model makes of them, as SVG text. */
export async function reconstructionSvg(
  backend: Backend,
  config: PretrainConfig,
  parameters: DeviceTensors,
  source: ImageSource,
): Promise<Result<TrainError, string>> {
  const rows = await reconstructionRows(backend, config, parameters, source);
  return rows._tag === "Left"
    ? rows
    : right(await reconstructionPicture(rows.right));
}
