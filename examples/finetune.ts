/**
 * Judges an encoder by what it becomes when it learns classes with a head on it.
 *
 * ```sh
 * deno run -A examples/finetune.ts runs/1 --epochs 20 --batch-size 64 --accum-iter 1
 * ```
 *
 * The last line of the output is JSON.
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
import { imageWorkers } from "../data/mod.ts";
import { finetuneEncoder } from "./evaluate/finetune_encoder.ts";
import {
  FINETUNE_DEFAULTS,
  FINETUNE_FLAGS,
  finetuneFrom,
} from "./evaluate/finetune_flags.ts";
import {
  describeAccuracies,
  judgement,
  trainingChoice,
} from "./evaluate/judgement.ts";
import {
  EVALUATION_DEFAULTS,
  EVALUATION_FLAGS,
  openEvaluation,
} from "./evaluate/open_evaluation.ts";
import { type EvaluationProgram, runProgram } from "./evaluate/program.ts";
import { tellUnreadable } from "./evaluate/unreadable.ts";

const FLAGS = { ...EVALUATION_FLAGS, ...FINETUNE_FLAGS } as const;

const USAGE =
  `Fine-tunes an encoder with a head for classes: deno run -A examples/finetune.ts ENCODER [FLAGS]

ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names.`;

const program: EvaluationProgram<typeof FLAGS> = {
  words: ["ENCODER"],
  flags: FLAGS,
  usage: USAGE,
  defaults: { ...EVALUATION_DEFAULTS, ...FINETUNE_DEFAULTS },
  run: async ([path = ""], values, say) => {
    const opened = await openEvaluation(path, values, say);
    if (opened._tag === "Left") return opened;
    const { encoder, backend, train, queries, classes } = opened.right;
    const config = finetuneFrom(encoder.model, classes, values);
    const { workers: count = 0 } = values;
    using workers = count === 0 ? null : imageWorkers(count);
    const choice = { ...trainingChoice(values, say), workers };
    const found = await finetuneEncoder(opened.right, config, choice);
    backend.dispose();
    const judged = judgement(found, values.output, say);
    if (judged._tag === "Left") return judged;
    const { ema } = judged.right;
    if (ema !== null) say(`running means: ${describeAccuracies(ema)}`);
    return right({
      encoder: encoder.path,
      normalization: train.normalization,
      images: train.length,
      queries: queries.length,
      ...tellUnreadable(opened.right, say),
      config,
      ...judged.right,
      device: backend.device.name,
    });
  },
};

await runProgram(program, process.argv.slice(2));
