/** The README of an exported classifier. */
import type { HeadInput } from "../../../core/mod.ts";
import { preparation, sizesInWords } from "./model_card.ts";
import type { ClassifierExport } from "./repository_configs.ts";

/** Front matter by which model hubs find it. */
const FRONT_MATTER = `---
library_name: timm
pipeline_tag: image-classification
tags:
- image-classification
- timm
- transformers.js
---`;

/** What the head scores. */
function headInWords(headInput: HeadInput): string {
  if (headInput === "normOfMean") {
    return "The mean of the patch tokens goes through a layer norm (`fc_norm`) to a linear head.";
  }
  const tokens = headInput.tokens === "patches"
    ? "mean of the patch tokens"
    : "class token";
  return `The ${tokens} behind the last norm goes to a linear head.`;
}

/** A line of Markdown for each class; only text that stands for itself. */
const classList = (classNames: readonly string[]): string =>
  classNames.map((name, k) =>
    `${k}. ${
      name.replace(/[\\`*_{}[\]<>()#+!|~]|\s+/g, (c) =>
        /\s/.test(c) ? " " : `\\${c}`)
    }`
  ).join("\n");

const USAGE = `In JavaScript, with this folder as \`models/NAME\`:

\`\`\`js
import { env, pipeline } from "@huggingface/transformers";

env.localModelPath = "models/";
const classify = await pipeline("image-classification", "NAME", { dtype: "fp32" });
const classes = await classify("picture.png", { top_k: 3 }); // [{ label, score }, …]
\`\`\`

In Python, load \`model.safetensors\`, whose names and layouts are timm's, into a
\`VisionTransformer\` with the \`model_args\` and the \`num_classes\` of \`config.json\`.`;

/** A short model card that names the classes. */
export function classifierCard(classifier: ClassifierExport): string {
  const { title, history, classNames, headInput } = classifier;
  return [
    FRONT_MATTER,
    "",
    `# ${title}`,
    "",
    `A Vision Transformer that tells ${classNames.length} classes of images apart: ${
      sizesInWords(classifier)
    }.`,
    headInWords(headInput),
    ...history.length === 0 ? [] : ["", history.join(" ")],
    "",
    preparation(classifier),
    "",
    "## Classes",
    "",
    "The numbers are those of the scores:",
    "",
    classList(classNames),
    "",
    "## Use",
    "",
    USAGE,
    "",
  ].join("\n");
}
