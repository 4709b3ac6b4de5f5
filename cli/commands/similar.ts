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
  normalizationFor,
  openPictures,
} from "../../data/mod.ts";
import {
  type OpenedEncoder,
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
import { describeEncoder, encoderAt } from "../evaluate/evaluated_encoder.ts";
import { mustNotStop } from "../evaluate/evaluation_result.ts";
import { FEATURE_FLAGS, featureFrom } from "../evaluate/features.ts";
import { EVALUATION_FLAGS } from "../evaluate/open_evaluation.ts";
import { checkWritable } from "../evaluate/output_file.ts";
import {
  describeStatistics,
  ENCODER_FLAGS,
  STATISTICS_FLAGS,
  statisticsFrom,
} from "../flags/encoder_flags.ts";
import { switchFlag, textFlag, under, wholeFlag } from "../flags/flags.ts";
import { backgroundFlag, dataFlag } from "../images/image_flags.ts";
import { barsOn, underBar } from "../output/progress_bar.ts";
import { MOST_ROWS, similarSheet } from "../predict/similar_sheet.ts";

/** Pictures that are named for each. */
const MOST = 8;

/** Name of the sheet where none is given. */
const SHEET = "similar.svg";

const { "image-size": imageSize, "resize-size": resizeSize } = EVALUATION_FLAGS;
const { tokens, taps } = FEATURE_FLAGS;

const FLAGS = {
  ...under("Images", {
    "data": dataFlag(
      "pictures to search: a folder with all that are below it, a tar or Parquet file",
    ),
    "most": wholeFlag(1, "similar pictures to name for each", {
      initial: String(MOST),
    }),
    "background": backgroundFlag("the one of the encoder's run, else mean"),
  }),
  ...ENCODER_FLAGS,
  ...STATISTICS_FLAGS,
  "image-size": imageSize,
  "resize-size": {
    ...resizeSize,
    initial: "what the encoder's files say, else image-size",
  },
  ...{ tokens, taps },
  ...under("Device", DEVICE_FLAGS),
  ...under("Output", {
    "svg": textFlag("FILE", "sheet of the pictures", { initial: SHEET }),
    "json": switchFlag("one JSON document in place of lines"),
  }),
} as const;

type Context = CommandContext<typeof FLAGS>;

/** The encoder, with its images made ready as flags say. */
async function encoderFor(
  { words: [path = ""], values, say }: Context,
  searched: ImageSource,
): Promise<OpenedEncoder> {
  const encoder = await encoderAt(path, values);
  const from =
    "the pictures' own, for nothing says the encoder's (--mean and --std do)";
  const own = { normalization: searched.normalization, from };
  const statistics = must(statisticsFrom(values, encoder, own));
  const normalization = normalizationFor(
    statistics.normalization,
    encoder.model.inChannels === 1 ? 1 : 3,
  );
  const { "resize-size": side, background } = values;
  describeEncoder(encoder).forEach(say);
  say(`pixels: ${describeStatistics(normalization)}, ${statistics.from}`);
  return {
    ...encoder,
    normalization: { ...normalization, from: statistics.from },
    ...side === undefined ? {} : { resizeSize: side },
    ...background === undefined ? {} : { background },
  };
}

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

/** Draws the sheet. */
async function draw(
  file: string,
  pictures: Parameters<typeof similarSheet>[0],
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

async function similar(context: Context): Promise<object> {
  const { words: [, ...paths], values, say } = context;
  const { data, most = MOST, svg = SHEET } = values;
  const searched = must(
    data === undefined
      ? await embeddedFashionMnist()
      : await openPictures([data]),
    describeImages,
  );
  const asked = must(await openPictures(paths), describeImages);
  must(await checkWritable(svg), describeTraining);
  const encoder = await encoderFor(context, searched);
  const { backend } = await deviceFrom(values);
  say(`device: ${backend.device.name} (${backend.device.description})`);
  const { signal } = interruption(say);
  const feature = featureFrom(encoder.model, values);
  const total = asked.length + searched.length;
  const facts = { encoder: encoder.path, pictures: searched.length, feature };
  const result = await underBar(
    { startBar: barsOn(process.stderr), signal },
    "pictures",
    total,
    ({ onProgress }) =>
      similarPictures(encoder, asked, searched, {
        ...{ most, backend, feature, signal, onProgress },
      }),
  );
  backend.dispose();
  const similarities = mustNotStop(result, facts);
  const { found, errors, unsearched } = similarities;
  tellUnread(similarities, say);
  const unread = unsearched.length;
  const known = { ...facts, unreadable: unread, errors, similar: found };
  if (found.length === 0 || unread === searched.length) {
    const none = found.length === 0 ? "of the pictures" : "of those to search";
    throw new CommandFailed(
      () => `none ${none} could be read`,
      ...[EXIT.failed, known] as const,
    );
  }
  for (const row of found) describeRow(row).forEach(say);
  const background = encoder.background ?? "mean";
  const onto = (source: ImageSource) => ({ ...source, background });
  const compared = { asked: onto(asked), searched: onto(searched) };
  await draw(svg, compared, found, say);
  return { ...known, svg };
}

/** The command. */
export const similarCommand: Command<typeof FLAGS> = {
  name: "similar",
  summary: "Finds the pictures that are most similar to others",
  usage:
    `ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names; QUERY… are picture files, or folders of them. The
most similar of the pictures of --data are listed with the cosine of their features, and
drawn on a sheet.`,
  words: ["ENCODER", "QUERY…"],
  fields: FLAGS,
  json: "asked",
  run: similar,
};
