/**
 * Judges an encoder by the classes of nearest neighbours.
 *
 * ```sh
 * deno run -A examples/knn.ts runs/1
 * deno run -A examples/knn.ts mae_pretrain_vit_base.pth --data photos --resize-size 256
 * ```
 *
 * Nothing is trained: each picture gets the class for which the most similar
 * labelled pictures vote. The last line of the output is JSON.
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
import { type Result, right } from "../core/mod.ts";
import { shareSource } from "../data/mod.ts";
import {
  disposeAll,
  type FeatureSpec,
  knnAccuracies,
  type KnnAccuracy,
  type TrainError,
  uploadEncoder,
} from "../train/mod.ts";
import { describeFaults, rootKey } from "../core/mod.ts";
import {
  FEATURE_DEFAULTS,
  FEATURE_FLAGS,
  featureFrom,
} from "./evaluate/feature_flags.ts";
import {
  type Evaluation,
  EVALUATION_DEFAULTS,
  EVALUATION_FLAGS,
  failedWith,
  openEvaluation,
} from "./evaluate/open_evaluation.ts";
import { type EvaluationProgram, runProgram } from "./evaluate/program.ts";
import { tellUnreadable } from "./evaluate/unreadable.ts";
import { sourceFeatures } from "./evaluate/source_features.ts";
import { numberFlag, wholeFlag } from "./flags.ts";
import { badInput } from "./pretrain/failure.ts";
import { textTable } from "./text_table.ts";

/** Numbers of neighbours that are customary. */
const NEIGHBOURS = [10, 20, 100, 200];

const DEFAULT_TEMPERATURE = 0.07;

const FLAGS = {
  ...EVALUATION_FLAGS,
  ...FEATURE_FLAGS,
  "queries": wholeFlag(1, "classify so many of the images to judge by"),
  "neighbours": wholeFlag(
    1,
    "neighbours that vote, in place of several numbers",
  ),
  "temperature": numberFlag({
    wanted: "a number above 0",
    holds: (value) => value > 0,
    nearest: () => null,
  }, "T: a neighbour of similarity s weighs exp(s/T)"),
} as const;

const USAGE =
  `Judges an encoder by the classes of nearest neighbours: deno run -A examples/knn.ts ENCODER [FLAGS]

ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names.`;

/** Accuracies of an encoder's features. */
async function accuraciesOf(
  evaluation: Evaluation,
  feature: FeatureSpec,
  neighbours: readonly number[],
  temperature: number,
): Promise<Result<TrainError, readonly KnnAccuracy[]>> {
  const { encoder, backend, classes } = evaluation;
  const { model } = encoder;
  const parameters = uploadEncoder(backend, model, encoder.parameters);
  const known = await sourceFeatures(evaluation, parameters, feature, "train");
  if (known._tag === "Left") return known;
  const asked = await sourceFeatures(
    evaluation,
    parameters,
    feature,
    "queries",
  );
  if (asked._tag === "Left") return asked;
  disposeAll(parameters.values());
  return right(
    knnAccuracies(known.right, asked.right, classes, neighbours, temperature),
  );
}

const percent = (part: number): string => (100 * part).toFixed(2);

function tableOf(accuracies: readonly KnnAccuracy[]): string {
  return textTable(
    [["neighbours", "right"], ["top-1 %", "right"], ["top-5 %", "right"]],
    accuracies.map(({ neighbours, top1, top5 }) => [
      String(neighbours),
      percent(top1),
      percent(top5),
    ]),
  );
}

/** As many of the images to judge by as are asked for. */
function fewer(
  evaluation: Evaluation,
  queries: number | undefined,
): Result<string, Evaluation> {
  if (queries === undefined) return right(evaluation);
  const share = shareSource(evaluation.queries, queries, rootKey(0));
  return share._tag === "Right"
    ? right({ ...evaluation, queries: share.right })
    : { _tag: "Left", left: `--queries: ${describeFaults(share.left)}` };
}

const program: EvaluationProgram<typeof FLAGS> = {
  words: ["ENCODER"],
  flags: FLAGS,
  usage: USAGE,
  defaults: {
    ...EVALUATION_DEFAULTS,
    ...FEATURE_DEFAULTS,
    "queries": "all",
    "neighbours": NEIGHBOURS.join(", "),
    "temperature": String(DEFAULT_TEMPERATURE),
  },
  run: async ([path = ""], values, say) => {
    const opened = await openEvaluation(path, values, say);
    if (opened._tag === "Left") return opened;
    const evaluation = fewer(opened.right, values.queries);
    if (evaluation._tag === "Left") return badInput(evaluation.left);
    const { encoder, backend, train, queries, classes } = evaluation.right;
    const feature = featureFrom(encoder.model, values);
    const neighbours = values.neighbours === undefined
      ? NEIGHBOURS
      : [values.neighbours];
    const temperature = values.temperature ?? DEFAULT_TEMPERATURE;
    const found = await accuraciesOf(
      evaluation.right,
      feature,
      neighbours,
      temperature,
    );
    if (found._tag === "Left") return failedWith(found.left);
    backend.dispose();
    say(tableOf(found.right));
    return right({
      encoder: encoder.path,
      feature,
      images: train.length,
      queries: queries.length,
      ...tellUnreadable(evaluation.right, say),
      classes,
      temperature,
      accuracies: found.right,
      device: backend.device.name,
    });
  },
};

await runProgram(program, process.argv.slice(2));
