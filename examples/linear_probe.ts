/**
 * Judges an encoder by a linear classifier on its features.
 *
 * ```sh
 * deno run -A examples/linear_probe.ts runs/1
 * deno run -A examples/linear_probe.ts runs/1 --augment --output probe.safetensors
 * ```
 *
 * The encoder stays as it is. The last line of the output is JSON.
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-read=DATA,ENCODER
 * --allow-ffi=NPM
 * ```
 *
 * @module
 */
import process from "node:process";
import { right } from "../core/mod.ts";
import {
  FEATURE_DEFAULTS,
  FEATURE_FLAGS,
  featureFrom,
  featureWidth,
} from "./evaluate/feature_flags.ts";
import { judgement, trainingChoice } from "./evaluate/judgement.ts";
import {
  EVALUATION_DEFAULTS,
  EVALUATION_FLAGS,
  openEvaluation,
} from "./evaluate/open_evaluation.ts";
import { probeEncoder } from "./evaluate/probe_encoder.ts";
import {
  PROBE_DEFAULTS,
  PROBE_FLAGS,
  probeFrom,
} from "./evaluate/probe_flags.ts";
import { type EvaluationProgram, runProgram } from "./evaluate/program.ts";
import { tellUnreadable } from "./evaluate/unreadable.ts";

const FLAGS = {
  ...EVALUATION_FLAGS,
  ...FEATURE_FLAGS,
  ...PROBE_FLAGS,
} as const;

const USAGE =
  `Judges an encoder by a linear classifier on its features: deno run -A examples/linear_probe.ts ENCODER [FLAGS]

ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names. The learning rate is blr × batch-size / 256.`;

const program: EvaluationProgram<typeof FLAGS> = {
  words: ["ENCODER"],
  flags: FLAGS,
  usage: USAGE,
  defaults: { ...EVALUATION_DEFAULTS, ...FEATURE_DEFAULTS, ...PROBE_DEFAULTS },
  run: async ([path = ""], values, say) => {
    const opened = await openEvaluation(path, values, say);
    if (opened._tag === "Left") return opened;
    const { encoder, backend, train, queries, classes } = opened.right;
    const feature = featureFrom(encoder.model, values);
    const width = featureWidth(encoder.model, feature);
    const config = probeFrom(width, classes, train.length, values);
    const augment = values.augment ?? false;
    const found = await probeEncoder(
      opened.right,
      { feature, augment },
      config,
      trainingChoice(values, say),
    );
    backend.dispose();
    const judged = judgement(found, values.output, say);
    return judged._tag === "Left" ? judged : right({
      encoder: encoder.path,
      feature,
      images: train.length,
      queries: queries.length,
      ...tellUnreadable(opened.right, say),
      config,
      augment,
      ...judged.right,
      device: backend.device.name,
    });
  },
};

await runProgram(program, process.argv.slice(2));
