/**
 * Says what pre-training gained: an encoder beside what it began as and raw pixels.
 *
 * ```sh
 * deno run -A cli/main.ts evaluate runs/1
 * deno run -A cli/main.ts evaluate runs/1 --data photos --json
 * ```
 *
 * The same held-out images are named by nearest neighbours, a linear probe and, where
 * that does not take long, fine-tuning. A page with pictures, JSON and the pictures
 * themselves are written into a folder.
 */
import type { Command, CommandContext } from "../command/command.ts";
import {
  describeShare,
  evaluationFacts,
  frequentShare,
  shownWork,
} from "../evaluate/evaluation_result.ts";
import { gainsJson, judgedJson } from "../gain/findings_json.ts";
import {
  accuracyTable,
  bestOf,
  classTable,
  gainLines,
} from "../gain/findings_text.ts";
import { type Gain, gainBy } from "../gain/gain.ts";
import { GAIN_FLAGS } from "../gain/gain_flags.ts";
import {
  gainFolder,
  JSON_FILE,
  PAGE_FILE,
  readyFolder,
  writeFiles,
} from "../gain/gain_folder.ts";
import { type OpenedPictures, openPictures } from "../gain/opened_pictures.ts";
import { gainPage } from "../gain/page.ts";
import { pageContent } from "../gain/page_content.ts";
import { WAY_WORDS } from "../gain/ways.ts";
import { tellUnreadable } from "../images/unreadable.ts";

/** Says what was found. */
function tell(
  { train, validation, unjudged }: OpenedPictures,
  { judged, untuned }: Gain,
  say: (line: string) => void,
): void {
  if (unjudged !== null) return;
  say(accuracyTable(judged));
  const best = bestOf(judged);
  if (best !== undefined) {
    say(`classes, by ${WAY_WORDS[best.way]} from the trained encoder:`);
    say(classTable(best, train.classNames ?? []));
  }
  say(describeShare(frequentShare(validation)));
  gainLines(judged).forEach(say);
  if (untuned !== null) say(untuned);
}

/** Writes the page, the pictures and the JSON. */
async function write(
  folder: string,
  opened: OpenedPictures,
  gain: Gain,
  result: object,
): Promise<readonly string[]> {
  const content = pageContent(opened, gain, frequentShare(opened.validation));
  const pictures = content.parts.flatMap((part) =>
    "svg" in part ? [[`${part.name}.svg`, part.svg] as const] : []
  );
  return await writeFiles(folder, {
    [PAGE_FILE]: gainPage(content),
    [JSON_FILE]: `${JSON.stringify(result, null, 2)}\n`,
    ...Object.fromEntries(pictures),
  });
}

async function evaluate(
  { words: [path = ""], values, say }: CommandContext<typeof GAIN_FLAGS>,
): Promise<object> {
  const folder = await gainFolder(path, values);
  const opened = await openPictures(path, values, say);
  await readyFolder(folder);
  const { backend, train, unjudged, classes } = opened;
  const facts = { ...evaluationFacts(opened, backend), classes };
  const shown = shownWork(say, null);
  const gain = await gainBy(opened, values, { say, shown, facts });
  backend.dispose();
  tell(opened, gain, say);
  const { feature, judged, untuned } = gain;
  const names = train.classNames ?? [];
  const share = frequentShare(opened.validation);
  const result = {
    ...{ ...facts, feature, ...tellUnreadable(opened, say) },
    ...unjudged === null ? { mostFrequent: share } : { unjudged },
    ...untuned === null ? {} : { untuned },
    classifiers: judged.map((one) => judgedJson(one, names)),
    gains: gainsJson(judged),
  };
  const files = await write(folder, opened, gain, result);
  say(`wrote ${files[0]}, and beside it ${files.length - 1} files`);
  return { ...result, files };
}

/** The command. */
export const evaluateCommand: Command<typeof GAIN_FLAGS> = {
  name: "evaluate",
  summary: "Says what pre-training gained",
  usage:
    `ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names. Beside it the same is judged from its first
weights and from raw pixels, by the same held-out images. Without --data, or with that of
the encoder's run, images are chosen and held out as in the run. Pictures without labels
get their map, their neighbours and their attention.`,
  words: ["ENCODER"],
  fields: GAIN_FLAGS,
  json: "asked",
  run: evaluate,
};
