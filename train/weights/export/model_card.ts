/** The README of an exported encoder. */
import { patchCount } from "../../../core/mod.ts";
import type { EncoderExport, ModelExport } from "./repository_configs.ts";

/** Front matter by which model hubs find it. */
const FRONT_MATTER = `---
library_name: timm
pipeline_tag: image-feature-extraction
tags:
- image-feature-extraction
- timm
- transformers.js
---`;

const list = (numbers: readonly number[]): string => numbers.join(", ");

/** Preparation of the images that it was trained on. */
export function preparation(
  { model, normalization, resizeSize }: ModelExport,
): string {
  const { imageSize: side, inChannels } = model;
  const colours = inChannels === 1
    ? "grey; `onnx/model.onnx` takes colour pictures and weighs red, green and blue as\nITU-R 601 does"
    : "colour";
  return `Images are ${colours}. The shorter side is resized to ${resizeSize} pixels (bicubic), the
middle ${side}×${side} cut out, levels are divided by 255 and normalised with mean
${list(normalization.mean)} and deviation ${list(normalization.deviation)}.`;
}

const usage = ({ model }: EncoderExport): string =>
  `In JavaScript, with this folder as \`models/NAME\`:

\`\`\`js
import { env, pipeline } from "@huggingface/transformers";

env.localModelPath = "models/";
const extract = await pipeline("image-feature-extraction", "NAME", { dtype: "fp32" });
const tokens = await extract("picture.png"); // [1, ${
    1 + patchCount(model)
  }, ${model.embedDim}], class token first
const feature = await extract("picture.png", { pool: true }); // [1, ${model.embedDim}], mean of the patches
\`\`\`

In Python, load \`model.safetensors\`, whose names and layouts are timm's, into a
\`VisionTransformer\` of these sizes with \`num_classes=0\`.`;

/** Blocks and patches of a model in words. */
export const sizesInWords = ({ model }: ModelExport): string =>
  `${model.depth} blocks of width ${model.embedDim} with ${model.numHeads} heads, patches of
${model.patchSize}×${model.patchSize} on ${model.imageSize}×${model.imageSize} pixels, a class token`;

/** A short model card. */
export function modelCard(encoder: EncoderExport): string {
  const { title, history } = encoder;
  const sizes = `A Vision Transformer encoder: ${
    sizesInWords(encoder)
  }, and a layer norm behind the last block.`;
  return [
    FRONT_MATTER,
    "",
    `# ${title}`,
    "",
    sizes,
    ...history.length === 0 ? [] : ["", history.join(" ")],
    "",
    preparation(encoder),
    "",
    "The mean of the patch tokens is the feature that the training shaped; the class",
    "token took part in it without a target of its own.",
    "",
    "## Use",
    "",
    usage(encoder),
    "",
  ].join("\n");
}
