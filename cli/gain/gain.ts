/** Everything that is found out about an encoder, in the order in which it is known. */
import {
  type FeatureSpec,
  KNN_VOTE,
  type TrainError,
} from "../../train/mod.ts";
import type { Result } from "../../core/mod.ts";
import { stopped } from "../command/command_failed.ts";
import { neighbourFeatureFrom } from "../evaluate/features.ts";
import { describeFeature } from "../output/model_words.ts";
import { mustNotStop } from "../evaluate/evaluation_result.ts";
import type { ShownWork } from "../output/progress_bar.ts";
import { duration } from "../output/words.ts";
import { byFinetuning, finetuneSeconds, TUNED } from "./finetuned.ts";
import { judgedJson } from "./findings_json.ts";
import { accuracyTable } from "./findings_text.ts";
import { FINETUNE_MINUTES, type GainValues } from "./gain_flags.ts";
import type { OpenedPictures } from "./opened_pictures.ts";
import { attentionPicture } from "./attention_picture.ts";
import { mapPicture } from "./map_picture.ts";
import type { NamedPicture } from "./named_picture.ts";
import { neighbourPicture } from "./neighbour_picture.ts";
import { type StartFeatures, startFeatures } from "./starts.ts";
import { byNeighbours, byProbe, type Judged } from "./ways.ts";

/** What was found out. */
export interface Gain {
  readonly feature: FeatureSpec;
  /** Classifiers, way by way. */
  readonly judged: readonly Judged[];
  /** How the encoder sees pictures. */
  readonly pictures: readonly NamedPicture[];
  /** Why nothing was fine-tuned; `null` where it was, or nothing is judged. */
  readonly untuned: string | null;
}

/** Progress, stop and what is known if it is stopped. */
export interface GainWork {
  readonly say: (line: string) => void;
  readonly shown: ShownWork;
  readonly facts: object;
}

/** Why nothing is fine-tuned, or `null`. */
function untunedReason(
  seconds: number,
  { finetune = "auto" }: GainValues,
): string | null {
  if (finetune === "always") return null;
  if (finetune === "never") return "fine-tuning: left out, as asked";
  return seconds <= 60 * FINETUNE_MINUTES
    ? null
    : `fine-tuning: left out, for it would take about ${
      duration(seconds)
    }; --finetune always does it, --finetune-epochs N makes it shorter`;
}

/** The classifiers, as far as they are known when something of them is stopped. */
class Classifiers {
  readonly judged: Judged[] = [];
  readonly #opened: OpenedPictures;
  readonly #facts: object;
  readonly #say: GainWork["say"];

  constructor(opened: OpenedPictures, { facts, say }: GainWork) {
    this.#opened = opened;
    this.#facts = facts;
    this.#say = say;
  }

  async add(work: Promise<Result<TrainError, Judged>>): Promise<void> {
    const found = await work;
    if (found._tag === "Right") return void this.judged.push(found.right);
    const { judged } = this;
    const names = this.#opened.train.classNames ?? [];
    const classifiers = judged.map((one) => judgedJson(one, names));
    const known = { ...this.#facts, classifiers };
    if (found.left._tag === "Stopped" && judged.length > 0) {
      // Who stops a long work wants to see what it came to until then.
      this.#say(accuracyTable(judged));
      stopped("stopped; the table has what was found until then", known);
    }
    mustNotStop(found, known);
  }
}

/** Names the images to judge by in every way, from every start. */
async function classified(
  opened: OpenedPictures,
  starts: readonly StartFeatures[],
  secondsPerImage: number,
  values: GainValues,
  work: GainWork,
): Promise<Pick<Gain, "judged" | "untuned">> {
  const { say, shown } = work;
  const all = new Classifiers(opened, work);
  const { neighbours = KNN_VOTE.neighbours } = values;
  for (const start of starts) {
    await all.add(byNeighbours(opened, start, neighbours, shown));
  }
  for (const start of starts) await all.add(byProbe(opened, start, shown));
  const seconds = finetuneSeconds(
    ...[secondsPerImage, opened.train.length, values] as const,
  );
  const untuned = untunedReason(seconds, values);
  if (untuned !== null) return { judged: all.judged, untuned };
  say(`fine-tuning from both starts: about ${duration(seconds)}`);
  for (const start of TUNED) {
    await all.add(byFinetuning(opened, start, values, shown));
  }
  return { judged: all.judged, untuned };
}

/**
 * Finds out what pre-training gained: features, classifiers, pictures.
 *
 * @throws {CommandFailed} where the work fails or is stopped, with what was known then.
 */
export async function gainBy(
  opened: OpenedPictures,
  values: GainValues,
  work: GainWork,
): Promise<Gain> {
  const { say, shown, facts } = work;
  const feature = neighbourFeatureFrom(opened.encoder.model, values);
  say(`feature: ${describeFeature(feature)}`);
  const from = performance.now();
  const starts = mustNotStop(
    await startFeatures(opened, feature, shown),
    facts,
  );
  const images = opened.train.length + opened.validation.length;
  const perImage = (performance.now() - from) / 1000 / images;
  const [trained] = starts;
  if (trained === undefined) throw new Error("unreachable: no start");
  const pictures = [];
  for (
    const picture of [
      () => mapPicture(opened, trained, shown),
      () => neighbourPicture(opened, trained, shown),
      () => attentionPicture(opened, trained, feature.tokens, shown),
    ]
  ) pictures.push(mustNotStop(await picture(), facts));
  const found = opened.unjudged === null
    ? await classified(opened, starts, perImage, values, work)
    : { judged: [], untuned: null };
  return { feature, pictures, ...found };
}
