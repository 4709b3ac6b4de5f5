/**
 * Finds the pictures that are most similar to others.
 *
 * ```sh
 * deno run -A cli/main.ts similar runs/1 holiday.jpg --data photos
 * deno run -A cli/main.ts similar mae_pretrain_vit_base.pth a.jpg b.jpg --data photos --most 5 --json
 * ```
 *
 * Nothing is trained and no labels are needed: pictures are similar whose features by the
 * encoder point the same way.
 */
import process from "node:process";
import {
  embeddedFashionMnist,
  type ImageSource,
  openPictures,
} from "../../data/mod.ts";
import {
  replaceFile,
  type Similarities,
  type SimilarPictures,
  similarPictures,
} from "../../train/mod.ts";
import type { Command, CommandContext } from "../command/command.ts";
import { CommandFailed, EXIT, must } from "../command/command_failed.ts";
import {
  describeImages,
  describeTraining,
} from "../command/describe_errors.ts";
import { DEVICE_FLAGS, deviceFrom } from "../command/device_flags.ts";
import { interruption } from "../command/interruption.ts";
import { mustNotStop } from "../evaluate/evaluation_result.ts";
import { checkWritable } from "../evaluate/output_file.ts";
import { switchFlag, textFlag, under, wholeFlag } from "../flags/flags.ts";
import { dataFlag } from "../images/image_flags.ts";
import { barsOn, underBar } from "../output/progress_bar.ts";
import {
  type FeatureModel,
  featureModel,
  MODEL_FLAGS,
} from "../predict/feature_model.ts";
import { namedPictures } from "../predict/named_pictures.ts";
import {
  type ComparedPictures,
  MOST_ROWS,
  similarSheet,
} from "../predict/similar_sheet.ts";

/** Pictures that are named for each. */
const MOST = 8;

/** Name of the sheet where none is given. */
const SHEET = "similar.svg";

const FLAGS = {
  ...under("Images", {
    "data": dataFlag(
      "pictures to search: a folder with all that are below it, a tar or Parquet file",
    ),
    "most": wholeFlag(1, "similar pictures to name for each", {
      initial: String(MOST),
    }),
  }),
  ...MODEL_FLAGS,
  ...under("Device", DEVICE_FLAGS),
  ...under("Output", {
    "svg": textFlag("FILE", "sheet of the pictures", { initial: SHEET }),
    "json": switchFlag("one JSON document in place of lines"),
  }),
} as const;

type Context = CommandContext<typeof FLAGS>;

/** A picture and those near it, in lines. */
const describeRow = (
  { path, isAmongThem, nearest }: SimilarPictures,
): readonly string[] => [
  `${path}:${isAmongThem ? " (it is one of them, and left out)" : ""}`,
  ...nearest.map(({ path, similarity }) =>
    `  ${similarity.toFixed(4)}  ${path}`
  ),
];

/** Says which pictures could not be read. */
function tellUnread(
  { errors, unsearched }: Similarities,
  say: (line: string) => void,
): void {
  for (const { path, reason } of errors) {
    say(`${path}: cannot be read: ${reason}`);
  }
  const [first] = unsearched;
  if (first === undefined) return;
  const { path, reason } = first;
  say(
    `${unsearched.length} of the pictures to search could not be read, the first ${path}: ${reason}`,
  );
}

/** Pictures as they are shown: on the background that the model sees behind them. */
function onBackground(
  { asked, searched }: ComparedPictures,
  { background = "mean" }: FeatureModel["model"],
): ComparedPictures {
  const onto = (source: ImageSource) => ({ ...source, background });
  return { asked: onto(asked), searched: onto(searched) };
}

/** Draws the sheet. */
async function draw(
  file: string,
  pictures: ComparedPictures,
  found: readonly SimilarPictures[],
  say: (line: string) => void,
): Promise<void> {
  const svg = must(
    ...[await similarSheet(pictures, found), describeTraining] as const,
    EXIT.failed,
  );
  must(await replaceFile(file, svg), describeTraining, EXIT.failed);
  const some = found.length > MOST_ROWS
    ? ` (the first ${MOST_ROWS} of ${found.length})`
    : "";
  say(`sheet: ${file}${some}`);
}

/** The pictures on both sides. */
async function picturesFor(
  { words: [, ...paths], values: { data } }: Context,
): Promise<ComparedPictures> {
  const searched = data === undefined
    ? await embeddedFashionMnist()
    : await openPictures([data]);
  return {
    searched: must(searched, describeImages),
    asked: await namedPictures(paths),
  };
}

/** Looks for the most similar pictures. */
async function search(
  { model, feature }: FeatureModel,
  { asked, searched }: ComparedPictures,
  { values, say }: Context,
  facts: object,
): Promise<Similarities> {
  const { backend } = await deviceFrom(values);
  say(`device: ${backend.device.name} (${backend.device.description})`);
  const { signal } = interruption(say);
  const { most = MOST } = values;
  const chosen = feature === null ? {} : { feature };
  const result = await underBar(
    { startBar: barsOn(process.stderr), signal },
    "pictures",
    asked.length + searched.length,
    ({ onProgress }) =>
      similarPictures(model, asked, searched, {
        ...{ most, backend, signal, onProgress, ...chosen },
      }),
  );
  backend.dispose();
  return mustNotStop(result, facts);
}

/** Ends a search without a result. */
function refuseNothing(
  { found, unsearched }: Similarities,
  { searched }: ComparedPictures,
  known: object,
): void {
  const none = found.length === 0
    ? "of the pictures"
    : unsearched.length === searched.length
    ? "of those to search"
    : null;
  if (none === null) return;
  const words = () => `none ${none} could be read`;
  throw new CommandFailed(words, EXIT.failed, known);
}

async function similar(context: Context): Promise<object> {
  const { words: [path = ""], values, say } = context;
  const { svg = SHEET } = values;
  const pictures = await picturesFor(context);
  must(await checkWritable(svg), describeTraining);
  const { searched } = pictures;
  const used = await featureModel(path, values, searched.normalization);
  const { model, feature, words } = used;
  words.forEach(say);
  const facts = { encoder: model.path, pictures: searched.length, feature };
  const similarities = await search(used, pictures, context, facts);
  tellUnread(similarities, say);
  const { found, errors, unsearched } = similarities;
  const unreadable = unsearched.length;
  const known = { ...facts, unreadable, errors, similar: found };
  refuseNothing(similarities, pictures, known);
  for (const row of found) describeRow(row).forEach(say);
  await draw(svg, onBackground(pictures, model), found, say);
  return { ...known, svg };
}

/** The command. */
export const similarCommand: Command<typeof FLAGS> = {
  name: "similar",
  summary: "Finds the pictures that are most similar to others",
  usage:
    `ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names; of a fine-tuning or a probe what its head sees
counts. QUERY… are picture files, folders of them, or - for names on the
standard input. The
most similar of the pictures of --data are listed with the cosine of their features, and
drawn on a sheet.`,
  words: ["ENCODER", "QUERY…"],
  fields: FLAGS,
  json: "asked",
  run: similar,
};
