/** What is done to images before an encoder sees them, beside their normalisation. */
import { type Background, BACKGROUNDS } from "../../data/mod.ts";
import { OWN_FIELD } from "./encoder/own_field.ts";
import { type JsonObject, objectIn } from "./image_statistics.ts";

/** How the images of an encoder are made ready, as far as a file says it. */
export interface ImagePreparation {
  /** Length that the shorter side gets before the middle is cut out, pixels. */
  readonly resizeSize?: number;
  /** Colour that transparent parts are blended onto. */
  readonly background?: Background;
}

const isSide = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) > 0;

/** The shorter side that a `preprocessor_config.json` of transformers says. */
function processorSide(config: JsonObject): number | null {
  const { size, do_center_crop: crops } = config;
  const side = typeof size === "number"
    ? size
    : objectIn(config, "size")["shortest_edge"];
  return isSide(side) && crops !== false ? side : null;
}

/** The shorter side that timm's `config.json` says. */
function timmSide(config: JsonObject): number | null {
  const { crop_pct: part, input_size: input } = objectIn(
    config,
    "pretrained_cfg",
  );
  const side = Array.isArray(input) ? input[2] : undefined;
  return typeof part === "number" && part > 0 && part <= 1 && isSide(side)
    ? Math.floor(side / part + 1e-6)
    : null;
}

/** The background that the file of a run's images or an export says. */
function backgroundIn(json: JsonObject): Pick<ImagePreparation, "background"> {
  const background = BACKGROUNDS.find((one) => one === json["background"]);
  return background === undefined ? {} : { background };
}

/**
 * Preparation of images that the configurations beside weights say.
 *
 * @param config Content of `config.json`.
 * @param processor Content of `preprocessor_config.json`.
 */
export function statedPreparation(
  config: JsonObject,
  processor: JsonObject,
): ImagePreparation {
  const side = processorSide(processor) ?? timmSide(config);
  return {
    ...side === null ? {} : { resizeSize: side },
    ...backgroundIn(objectIn(config, OWN_FIELD)),
  };
}

/** Preparation of images that the file of a run's images says. */
export const runPreparation = (images: JsonObject): ImagePreparation =>
  backgroundIn({ background: "none", ...images });
