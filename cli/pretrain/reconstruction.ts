/** The picture of a model's reconstructions, at the end of a run. */
import type { Backend, DeviceTensors } from "../../backends/mod.ts";
import { type PretrainConfig, type Result, right } from "../../core/mod.ts";
import type { ImageSource } from "../../data/mod.ts";
import { pngDataUri, reconstructionPicture } from "../../plot/mod.ts";
import { reconstructionRows, type TrainError } from "../../train/mod.ts";

/**
 * Check that the picture can be drawn at the end of a run, made before its first
 * step.
 *
 * @returns `null` if it can be.
 */
export async function drawingFault(): Promise<string | null> {
  const [width, height, channels] = [1, 1, 1] as const;
  const pixels = Uint8Array.of(0);
  return await pngDataUri({ width, height, channels, pixels }).then(
    () => null,
    (thrown: unknown) =>
      `Cannot draw what the model will have learned: ${
        thrown instanceof Error ? thrown.message : String(thrown)
      }`,
  );
}

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
