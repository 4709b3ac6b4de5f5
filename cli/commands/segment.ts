/**
 * Says how well an encoder's patch tokens tell what is where in a picture.
 *
 * ```sh
 * deno run -A cli/main.ts segment runs/1
 * deno run -A cli/main.ts segment runs/1 --data ADEChallengeData2016 --ignore 0,255
 * ```
 *
 * The encoder stays as it is. A linear layer learns the classes of patches from masks; its
 * scores, brought to the size of the image, name each pixel. The same is done from untrained
 * weights and from raw pixels. The last line of the output is JSON, also after Ctrl-C.
 */
import type { Command, CommandContext } from "../command/command.ts";
import {
  evaluationFacts,
  mustNotStop,
  shownWork,
} from "../evaluate/evaluation_result.ts";
import { featureFrom } from "../evaluate/features.ts";
import { gainFolder, readyFolder, writeFiles } from "../gain/gain_folder.ts";
import type { NamedPicture } from "../gain/named_picture.ts";
import { gainPage } from "../gain/page.ts";
import { tellUnreadable } from "../images/unreadable.ts";
import { type Baselines, baselinesOf } from "../segment/baselines.ts";
import { ignoredFrom } from "../segment/class_numbers.ts";
import {
  baselineLines,
  baselinesJson,
  type Finding,
  findingJson,
  findingsOf,
  findingTables,
  type Gain,
  gainLine,
  gainsJson,
  gainsOf,
} from "../segment/findings.ts";
import { type OpenedMasks, openMasks } from "../segment/opened_masks.ts";
import { SEGMENT_FLAGS, type SegmentValues } from "../segment/segment_flags.ts";
import { segmentPage } from "../segment/segment_page.ts";
import { segmented } from "../segment/segmented.ts";
import { imagesToDraw, sheetOf } from "../segment/sheet.ts";

/** Names of the files but the picture. */
const PAGE_FILE = "segmentation.html";
const JSON_FILE = "segmentation.json";

/** What is known before anything is computed, for the last line. */
function factsOf(opened: OpenedMasks, values: SegmentValues) {
  const { backend, unreadMasks, table: { names, numbers } } = opened;
  return {
    ...evaluationFacts(opened, backend),
    ...{ classes: names, numbers, ignored: [...ignoredFrom(values)] },
    ...unreadMasks === 0 ? {} : { unreadMasks },
  };
}

/** Everything that was found. */
interface Found {
  readonly findings: readonly Finding[];
  readonly gains: readonly Gain[];
  readonly baselines: Baselines;
}

/** Says what was found. */
function tell(
  { findings, gains, baselines }: Found,
  names: readonly string[],
  say: (line: string) => void,
): void {
  findingTables(findings, names).forEach(say);
  baselineLines(baselines, names).forEach(say);
  say(gainLine(gains));
}

/** The same for readers of JSON. */
const foundJson = (
  { findings, gains, baselines }: Found,
  names: readonly string[],
): object => ({
  ...baselinesJson(baselines, names),
  segmentations: findings.map((one) => findingJson(one, names)),
  gains: gainsJson(gains),
});

/** Writes the page, the JSON and the picture; gives their paths. */
function write(
  folder: string,
  opened: OpenedMasks,
  { findings, gains, baselines }: Found,
  sheet: NamedPicture,
  result: object,
): Promise<readonly string[]> {
  const page = segmentPage(opened, findings, gains, baselines, sheet);
  return writeFiles(folder, {
    [PAGE_FILE]: gainPage(page),
    [JSON_FILE]: `${JSON.stringify(result, null, 2)}\n`,
    [`${sheet.name}.svg`]: sheet.svg,
  });
}

async function segment(
  { words: [path = ""], values, say }: CommandContext<typeof SEGMENT_FLAGS>,
): Promise<object> {
  const folder = await gainFolder(path, values, "segmentation");
  const shown = shownWork(say, null);
  const opened = await openMasks(path, values, say, shown);
  await readyFolder(folder, PAGE_FILE);
  const { backend, encoder, table: { names } } = opened;
  const facts = factsOf(opened, values);
  const { stages } = featureFrom(encoder.model, values);
  const kept = imagesToDraw(opened);
  const wish = { stages, kept, most: values.patches };
  const all = mustNotStop(await segmented(opened, wish, shown), facts);
  backend.dispose();
  const found = {
    findings: findingsOf(all),
    gains: gainsOf(all),
    baselines: mustNotStop(await baselinesOf(opened, shown), facts),
  };
  tell(found, names, say);
  const patches = all[0]?.patches ?? 0;
  const result = {
    ...{ ...facts, ...tellUnreadable(opened, say), stages, patches },
    ...foundJson(found, names),
  };
  const sheet = mustNotStop(await sheetOf(opened, all, kept, shown), result);
  const files = await write(folder, opened, found, sheet, result);
  say(`wrote ${files.join(", ")}`);
  return { ...result, files };
}

/** The command. */
export const segmentCommand: Command<typeof SEGMENT_FLAGS> = {
  name: "segment",
  summary: "Says how well an encoder's patch tokens tell what is where",
  usage:
    `ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names. Grey levels or numbers of palette colours in PNG
masks say what each pixel shows. A linear layer learns the classes of patches, and is judged
by the mean intersection over union of all pixels of held-out images, beside the same from
untrained weights and from raw pixels.`,
  words: ["ENCODER"],
  fields: SEGMENT_FLAGS,
  json: "always",
  run: segment,
};
