/**
 * Says what pre-training gained: an encoder beside what it began as and raw pixels.
 *
 * ```sh
 * deno run -A cli/main.ts evaluate runs/1 --data photos
 * ```
 */
import type { Command, CommandContext } from "../command/command.ts";
import { describeFeature, featureFrom } from "../evaluate/features.ts";
import {
  describeShare,
  evaluationFacts,
  frequentShare,
  mustNotStop,
  shownWork,
} from "../evaluate/evaluation_result.ts";
import { accuracyTable, gainLines } from "../gain/findings_text.ts";
import { GAIN_FLAGS } from "../gain/gain_flags.ts";
import { openPictures } from "../gain/opened_pictures.ts";
import { startFeatures } from "../gain/starts.ts";
import { byNeighbours, byProbe, type Judged } from "../gain/ways.ts";
import { tellUnreadable } from "../images/unreadable.ts";
import { KNN_VOTE } from "../../train/mod.ts";

async function evaluate(
  { words: [path = ""], values, say }: CommandContext<typeof GAIN_FLAGS>,
): Promise<object> {
  const opened = await openPictures(path, values, say);
  const { encoder, backend } = opened;
  const feature = featureFrom(encoder.model, values);
  say(`feature: ${describeFeature(feature)}`);
  const shown = shownWork(say, null);
  const facts = { ...evaluationFacts(opened, backend), feature };
  const starts = mustNotStop(
    await startFeatures(opened, feature, shown),
    facts,
  );
  const all: Judged[] = [];
  for (const start of opened.unjudged === null ? starts : []) {
    const { neighbours = KNN_VOTE.neighbours } = values;
    all.push(
      mustNotStop(await byNeighbours(opened, start, neighbours, shown), facts),
    );
  }
  for (const start of opened.unjudged === null ? starts : []) {
    all.push(mustNotStop(await byProbe(opened, start, shown), facts));
  }
  say(accuracyTable(all));
  gainLines(all).forEach(say);
  say(describeShare(frequentShare(opened.validation)));
  return { ...facts, ...tellUnreadable(opened, say) };
}

/** The command. */
export const evaluateCommand: Command<typeof GAIN_FLAGS> = {
  name: "evaluate",
  summary: "Says what pre-training gained",
  usage:
    `ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names.`,
  words: ["ENCODER"],
  fields: GAIN_FLAGS,
  json: "asked",
  run: evaluate,
};
