/** Fine-tuning from the encoder, and from what it began as. */
import {
  FINETUNE_RECIPE,
  type FinetuneConfig,
  left,
  type Result,
  right,
  rootKey,
  split,
} from "../../core/mod.ts";
import {
  type ImageSource,
  labelledImages,
  shareSource,
  splitByClass,
} from "../../data/mod.ts";
import {
  averagedParameters,
  classifierScores,
  type LabelledFeatures,
  train as startTraining,
  type TrainError,
} from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { untrainedEncoder } from "../evaluate/evaluated_encoder.ts";
import { validationBatches } from "../evaluate/features.ts";
import { plannedFinetuning } from "../evaluate/finetune_encoder.ts";
import { loadingFrom } from "../images/loading.ts";
import { evaluatedImages } from "../images/unreadable.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import { epochsFrom, type GainValues } from "./gain_flags.ts";
import type { OpenedPictures } from "./opened_pictures.ts";
import { type Start, START_WORDS } from "./starts.ts";
import { type Judged, judged } from "./ways.ts";

/** Starts that can be fine-tuned. */
export type Tuned = Exclude<Start, "pixels">;

/** Both of them. */
export const TUNED: readonly Tuned[] = ["trained", "untrained"];

/** Images of a step, at most. */
const BATCH = 32;

/** Part of the training images on which settings are chosen, and how many are learned from at most. */
const HELD_OUT = 0.2;
const MOST_TRIED = 2000;

/** Part of the epochs that a setting is tried for. */
const TRIED = 0.25;

/** Settings that are tried: rates of the head, and how much slower a layer is than the one after it. */
export const SETTINGS = [1e-3, 4e-3].flatMap((baseRate) =>
  [0.75, 1].map((layerDecay) => ({ baseRate, layerDecay }))
);

/** Settings of one fine-tuning. */
export type Setting = typeof SETTINGS[number];

/** What suits few epochs: of mixed, cut and recoloured images they learn little. */
const GENTLE: Pick<FinetuneConfig, "augment" | "mixing" | "dropPath"> = {
  augment: { cropScale: [0.5, 1], randAugment: null, erasing: null },
  mixing: { ...FINETUNE_RECIPE.mixing, mixupAlpha: 0, cutmixAlpha: 0 },
  dropPath: 0,
};

/** The configuration of `epochs` epochs on so many images. */
function configOf(
  { encoder: { model }, classes }: OpenedPictures,
  images: number,
  epochs: number,
  setting: Setting,
): FinetuneConfig {
  const { rate, training } = FINETUNE_RECIPE;
  return {
    ...{ ...FINETUNE_RECIPE, ...GENTLE, model, classes },
    rate: { ...rate, ...setting },
    training: {
      ...training,
      epochs,
      warmupEpochs: epochs / 10,
      batchSize: Math.min(BATCH, images),
      accumIter: 1,
    },
  };
}

/** Fine-tunes on the training images, and scores the images to judge by. */
async function scored(
  opened: OpenedPictures,
  config: FinetuneConfig,
  what: string,
  shown: ShownWork,
): Promise<Result<TrainError, LabelledFeatures>> {
  const { backend, train, validation } = opened;
  const { batchSize } = config.training;
  // What cannot be read was noted when the features were made.
  const images = { ...opened, ...evaluatedImages(train, validation) };
  const planned = plannedFinetuning(
    ...[images, config, loadingFrom(train.length, {})] as const,
  );
  const { task, batches, start, plan } = planned;
  return await underBar(
    shown,
    `steps, ${what}`,
    plan.totalSteps,
    async ({ signal, onProgress }) => {
      const run = startTraining(task, { backend, batches, start, signal });
      try {
        for await (const taken of run) {
          if (taken._tag === "Left") return taken;
          onProgress?.(run.step);
        }
        if (signal?.aborted) return left({ _tag: "Stopped" });
        const asked = validationBatches(images, batchSize);
        if (asked._tag === "Left") return asked;
        const { batches: all, noted } = asked.right(null);
        const parameters = averagedParameters(run.state()) ?? run.parameters();
        return await noted(
          await classifierScores(
            ...[backend, config, parameters, all, batchSize] as const,
            { signal },
          ),
        );
      } finally {
        run.dispose();
      }
    },
  );
}

/** Part of the training images to learn from, and others, while a setting is chosen. */
function triedParts(
  train: ImageSource,
): { readonly train: ImageSource; readonly validation: ImageSource } | null {
  const key = split(rootKey(0), "finetune settings");
  const most = Math.min(train.length, MOST_TRIED);
  const some = must(shareSource(train, most, key));
  const held = Math.floor(HELD_OUT * some.length);
  const parts = held < 1 ? null : splitByClass(some, held, key);
  return parts?._tag === "Right" && parts.right.rest.length >= 2
    ? { train: parts.right.rest, validation: parts.right.share }
    : null;
}

/** What was found of a setting. */
interface TriedSetting extends Setting {
  readonly accuracy: number;
}

/** Tries the settings on a part of the training images; none where there are too few. */
async function tried(
  opened: OpenedPictures,
  epochs: number,
  what: string,
  shown: ShownWork,
): Promise<Result<TrainError, readonly TriedSetting[]>> {
  const parts = triedParts(labelledImages(opened.train));
  if (parts === null) return right([]);
  const some = { ...opened, ...parts };
  const short = Math.max(1, Math.round(TRIED * epochs));
  const found: TriedSetting[] = [];
  for (const [k, setting] of SETTINGS.entries()) {
    const config = configOf(opened, parts.train.length, short, setting);
    const name = `${what}, setting ${k + 1} of ${SETTINGS.length}`;
    const scores = await scored(some, config, name, shown);
    if (scores._tag === "Left") return scores;
    const { features, labels } = scores.right;
    const { scores: { accuracy } } = judged(
      { way: "finetune", start: "trained", facts: {} },
      ...[features, labels, opened.classes] as const,
    );
    found.push({ ...setting, accuracy });
  }
  return right(found);
}

/** The encoder of a start, in place of the one that was opened. */
function withStart(opened: OpenedPictures, start: Tuned): OpenedPictures {
  const { encoder } = opened;
  return start === "trained" ? opened : {
    ...opened,
    encoder: { ...encoder, parameters: untrainedEncoder(encoder) },
  };
}

/**
 * Fine-tunes from a start with the best of some settings, each of which is tried for a
 * quarter of the epochs on a part of the training images.
 */
export async function byFinetuning(
  opened: OpenedPictures,
  start: Tuned,
  values: GainValues,
  shown: ShownWork,
): Promise<Result<TrainError, Judged>> {
  const own = withStart(opened, start);
  const epochs = epochsFrom(values);
  const what = `fine-tuning the ${START_WORDS[start]}`;
  const settings = await tried(own, epochs, what, shown);
  if (settings._tag === "Left") return settings;
  const [first, ...others] = settings.right;
  const best = first === undefined
    ? FINETUNE_RECIPE.rate
    : others.reduce((a, b) => b.accuracy > a.accuracy ? b : a, first);
  const { baseRate, layerDecay } = best;
  const setting = { baseRate, layerDecay };
  const config = configOf(own, own.train.length, epochs, setting);
  const found = await scored(own, config, what, shown);
  if (found._tag === "Left") return found;
  const { features, labels } = found.right;
  const facts = { ...setting, epochs, tried: settings.right };
  return right(
    judged(
      { way: "finetune", start, facts },
      ...[features, labels, opened.classes] as const,
    ),
  );
}

/**
 * Seconds that fine-tuning from both starts takes, about: a step costs three times the
 * forward pass.
 *
 * @param perImage Seconds of the features of an image by both encoders.
 * @param images Training images.
 */
export function finetuneSeconds(
  perImage: number,
  images: number,
  values: GainValues,
): number {
  const epochs = epochsFrom(values);
  const tries = SETTINGS.length * Math.max(1, Math.round(TRIED * epochs)) *
    (1 - HELD_OUT) * Math.min(images, MOST_TRIED);
  return 3 * perImage * (epochs * images + tries);
}
