/**
 * Evaluates an encoder by the classes of nearest neighbours.
 *
 * ```sh
 * deno run -A cli/main.ts knn runs/1
 * deno run -A cli/main.ts knn mae_pretrain_vit_base.pth --data photos --resize-size 256
 * ```
 *
 * Nothing is trained: each picture gets the class for which the most similar
 * labelled pictures vote. An untrained encoder is evaluated beside it. The last line of
 * the output is JSON, also after Ctrl-C.
 */
import { describeFaults, type ModelSpec, rootKey } from "../../core/mod.ts";
import { counted, shareSource } from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import {
  disposeAll,
  type FeatureSpec,
  KNN_VOTE,
  knnAccuracies,
  type KnnAccuracy,
  uploadEncoder,
} from "../../train/mod.ts";
import type { Command } from "../command/command.ts";
import { must } from "../command/command_failed.ts";
import { ranksFrom } from "../command/join_ranks.ts";
import {
  type ImagePart,
  NEIGHBOUR_FEATURE_FLAGS,
  neighbourFeatureFrom,
  sourceFeatures,
} from "../evaluate/features.ts";
import {
  describeShare,
  evaluationFacts,
  frequentShare,
  mustNotStop,
  shownWork,
} from "../evaluate/evaluation_result.ts";
import {
  type Evaluation,
  EVALUATION_FLAGS,
  openEvaluation,
} from "../evaluate/open_evaluation.ts";
import { describeFeature } from "../output/model_words.ts";
import { tellUnreadable } from "../images/unreadable.ts";
import { untrainedEncoder } from "../evaluate/evaluated_encoder.ts";
import {
  ABOVE_ZERO,
  type FlagValues,
  numberFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import { textTable } from "../output/text_table.ts";

/** Numbers of neighbours that are customary. */
const NEIGHBOURS = [10, 20, 100, 200];

const FLAGS = {
  ...EVALUATION_FLAGS,
  ...NEIGHBOUR_FEATURE_FLAGS,
  ...under("Images", {
    "queries": wholeFlag(1, "classify so many of the validation images", {
      initial: "all",
    }),
  }),
  ...under("Vote", {
    "neighbours": wholeFlag(
      1,
      "neighbours that vote, in place of several numbers",
      { initial: NEIGHBOURS.join(", ") },
    ),
    "temperature": numberFlag(
      ABOVE_ZERO,
      "T: a neighbour of similarity s weighs exp(s/T)",
      { initial: String(KNN_VOTE.temperature) },
    ),
  }),
} as const;

/** Options of the neighbours' vote and search. */
interface Vote extends ShownWork {
  readonly feature: FeatureSpec;
  readonly neighbours: readonly number[];
  readonly temperature: number;
}

/** Accuracies of the encoders: first the trained one, then the untrained, if asked for. */
type Found = readonly (readonly KnnAccuracy[])[];

/** Accuracies of encoders of the same sizes, each image being read once. */
async function accuraciesOf(
  evaluation: Evaluation,
  isUntrainedToo: boolean,
  { feature, neighbours, temperature, ...shown }: Vote,
  known: object,
): Promise<Found> {
  const { encoder, backend, classes } = evaluation;
  const { model, parameters } = encoder;
  const sets = isUntrainedToo
    ? [parameters, untrainedEncoder(encoder)]
    : [parameters];
  const encoders = sets.map((set) => uploadEncoder(backend, model, set));
  const featuresOf = async (part: ImagePart) =>
    mustNotStop(
      await sourceFeatures(evaluation, encoders, feature, part, shown),
      known,
    );
  const labelled = await featuresOf("train");
  const asked = await featuresOf("validation");
  for (const encoder of encoders) disposeAll(encoder.values());
  const found: (readonly KnnAccuracy[])[] = [];
  for (const [k, own] of labelled.entries()) {
    const queries = asked[k];
    if (queries === undefined) continue;
    const pairs = own.labels.length * queries.labels.length;
    const accuracies = await underBar(
      shown,
      "comparisons",
      pairs,
      (options) =>
        knnAccuracies(own, queries, classes, neighbours, temperature, {
          ...options,
          backend,
        }),
    );
    found.push(mustNotStop(accuracies, known));
  }
  return found;
}

function tableOf(found: Found): string {
  const names = ["trained", "untrained"];
  return textTable(
    [
      ["encoder", "left"],
      ["neighbours", "right"],
      ["top-1 %", "right"],
      ["top-5 %", "right"],
    ],
    found.flatMap((accuracies, k) =>
      accuracies.map(({ neighbours, top1, top5 }) => [
        names[k] ?? "",
        String(neighbours),
        (100 * top1).toFixed(2),
        (100 * top5).toFixed(2),
      ])
    ),
  );
}

/** Reports numbers of neighbours that are too large. */
function tellFewer(
  neighbours: readonly number[],
  images: number,
  say: (line: string) => void,
): void {
  const large = neighbours.filter((k) => k > images);
  if (large.length === 0) return;
  say(
    `neighbours: ${large.join(", ")} asked for, ${
      counted(images, "image")
    } to learn from: all of them vote`,
  );
}

/** As many of the validation images as are asked for. */
function fewer(
  evaluation: Evaluation,
  queries: number | undefined,
): Evaluation {
  if (queries === undefined) return evaluation;
  const share = must(
    shareSource(evaluation.validation, queries, rootKey(0)),
    (faults) => `--queries: ${describeFaults(faults)}`,
  );
  return { ...evaluation, validation: share };
}

type Values = FlagValues<typeof FLAGS>;

const voteFrom = (
  model: ModelSpec,
  values: Values,
  shown: ShownWork,
): Vote => ({
  ...shown,
  feature: neighbourFeatureFrom(model, values),
  neighbours: values.neighbours === undefined
    ? NEIGHBOURS
    : [values.neighbours],
  temperature: values.temperature ?? KNN_VOTE.temperature,
});

/** Evaluates the encoders and prints their accuracies. */
async function knn(
  evaluation: Evaluation,
  values: Values,
  say: (line: string) => void,
  ranks: Ranks | null,
): Promise<object> {
  const { encoder, backend, train, validation, classes } = evaluation;
  const vote = voteFrom(encoder.model, values, shownWork(say, ranks));
  const { feature, temperature } = vote;
  const facts = {
    ...evaluationFacts(evaluation, backend),
    ...{ feature, classes, temperature },
  };
  say(`feature: ${describeFeature(feature)}`);
  const all = await accuraciesOf(
    evaluation,
    !values["no-untrained"],
    vote,
    facts,
  );
  backend.dispose();
  say(tableOf(all));
  tellFewer(vote.neighbours, train.length, say);
  const share = frequentShare(validation);
  say(describeShare(share));
  const [accuracies = [], untrained] = all;
  const idle = accuracies.filter(({ top1 }) => top1 <= share);
  if (idle.length > 0) {
    const numbers = idle.map(({ neighbours }) => neighbours).join(", ");
    say(`warning: with ${numbers} neighbours it finds no more than that`);
  }
  return {
    ...facts,
    ...tellUnreadable(evaluation, say),
    accuracies,
    ...untrained === undefined ? {} : { untrained },
    mostFrequent: share,
  };
}

/** The command. */
export const knnCommand: Command<typeof FLAGS> = {
  name: "knn",
  summary: "Evaluates an encoder by the classes of nearest neighbours",
  usage:
    `ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names. The row of 20 neighbours is what pre-training
says at its end.`,
  words: ["ENCODER"],
  fields: FLAGS,
  json: "always",
  join: ranksFrom,
  run: async ({ words: [path = ""], values, say, ranks }) =>
    await knn(
      fewer(await openEvaluation(path, values, say, ranks), values.queries),
      ...[values, say, ranks] as const,
    ),
};
