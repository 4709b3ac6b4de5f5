/**
 * Names the classes of pictures with a fine-tuned encoder or a linear probe.
 *
 * ```sh
 * deno run -A cli/main.ts predict runs/2 holiday.jpg photos/new > classes.csv
 * deno run -A cli/main.ts predict exported/mine photos/new --top 3 --json
 * ```
 *
 * A row for each picture goes to the output as soon as it is known, everything else to the
 * standard error output.
 */
import process from "node:process";
import { counted, type ImageSource } from "../../data/mod.ts";
import {
  type OpenedClassifier,
  predictBatches,
  replaceFile,
  type TrainError,
} from "../../train/mod.ts";
import type { Command, CommandContext } from "../command/command.ts";
import {
  CommandFailed,
  EXIT,
  must,
  stopped,
} from "../command/command_failed.ts";
import { describeTraining, mustWork } from "../command/describe_errors.ts";
import { DEVICE_FLAGS, deviceFrom } from "../command/device_flags.ts";
import { interruption } from "../command/interruption.ts";
import { checkWritable } from "../evaluate/output_file.ts";
import { switchFlag, textFlag, under, wholeFlag } from "../flags/flags.ts";
import { barsOn } from "../output/progress_bar.ts";
import {
  CLASSIFIER_FLAGS,
  classifierAt,
  describeClassifier,
} from "../predict/opened_classifier.ts";
import { namedPictures } from "../predict/named_pictures.ts";
import {
  isUnreadable,
  type Predicted,
  predictionHead,
  predictionJson,
  predictionRow,
} from "../predict/prediction_rows.ts";

/** Classes that are named for each picture. */
const TOP = 2;

const FLAGS = {
  ...under("Classes", {
    "top": wholeFlag(1, "likeliest classes to name for each picture", {
      initial: String(TOP),
    }),
  }),
  ...CLASSIFIER_FLAGS,
  ...under("Device", DEVICE_FLAGS),
  ...under("Output", {
    "out": textFlag("FILE", "write the rows into a file"),
    "json": switchFlag("one JSON document in place of rows"),
  }),
} as const;

type Context = CommandContext<typeof FLAGS>;

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** Where rows go as they come. */
type Row = (line: string) => void;

/** Predicts all pictures; what is known when it is stopped or fails is known still. */
async function predictAll(
  classifier: OpenedClassifier,
  source: ImageSource,
  { values }: Context,
  top: number,
  onRow: Row | null,
) {
  const { signal } = interruption(tell);
  const { backend } = await deviceFrom(values);
  tell(`device: ${backend.device.name} (${backend.device.description})`);
  const known: Predicted[] = [];
  const bar = barsOn(process.stderr)("pictures", source.length);
  const options = { backend, top, signal };
  let end: TrainError | null = null;
  for await (const batch of predictBatches(classifier, source, options)) {
    if (batch._tag === "Left") {
      end = batch.left;
      break;
    }
    known.push(...batch.right);
    bar.above(() => {
      for (const one of batch.right) onRow?.(predictionRow(one, top));
    });
    bar.update(known.length);
  }
  bar.end();
  backend.dispose();
  return { known, end };
}

/** Writes the rows, or the document, into the file that is asked for. */
async function writeOut(
  file: string,
  known: readonly Predicted[],
  top: number,
  document: object | null,
): Promise<void> {
  const rows = () =>
    [predictionHead(top), ...known.map((one) => predictionRow(one, top))]
      .join("\n");
  const text = document === null ? rows() : JSON.stringify(document);
  must(await replaceFile(file, `${text}\n`), describeTraining, EXIT.failed);
  tell(`wrote ${file}`);
}

/** Counts the pictures that could not be read, and says which is the first. */
function tellUnread(known: readonly Predicted[]): number {
  const bad = known.filter(isUnreadable);
  const [first] = bad;
  if (first === undefined) return 0;
  tell(
    `${bad.length} of ${
      counted(known.length, "picture")
    } could not be read, the first ${first.path}: ${first.reason}`,
  );
  return bad.length;
}

async function predict(context: Context): Promise<object> {
  const { words: [path = "", ...paths], values } = context;
  const { out, json = false } = values;
  const classifier = await classifierAt(path, values);
  describeClassifier(classifier).forEach(tell);
  const source = await namedPictures(paths);
  if (out !== undefined) must(await checkWritable(out), describeTraining);
  const { classNames } = classifier;
  const top = Math.min(values.top ?? TOP, classNames.length);
  const isStreamed = !json && out === undefined;
  const print: Row = (line) => void process.stdout.write(`${line}\n`);
  if (isStreamed) print(predictionHead(top));
  const { known, end } = await predictAll(
    ...[classifier, source, context, top, isStreamed ? print : null] as const,
  );
  const unreadable = tellUnread(known);
  const facts = {
    classifier: classifier.path,
    ...{ classes: classNames, pictures: known.length, unreadable },
  };
  const document = { ...facts, predictions: known.map(predictionJson) };
  if (out !== undefined && known.length > 0) {
    await writeOut(out, known, top, json ? document : null);
  }
  const result = out === undefined ? document : { ...facts, out };
  if (end?._tag === "Stopped") {
    return stopped(
      `stopped after ${known.length} of ${counted(source.length, "picture")}`,
      result,
    );
  }
  if (end !== null) return mustWork({ _tag: "Left", left: end });
  if (unreadable < known.length) return result;
  throw new CommandFailed(
    () => "no picture could be read",
    ...[EXIT.failed, result] as const,
  );
}

/** The command. */
export const predictCommand: Command<typeof FLAGS> = {
  name: "predict",
  summary: "Names the classes of pictures",
  usage:
    `RUN is the run of a fine-tuning or of a probe, one of its checkpoints, the file that it
wrote (--output), or an exported classifier; PATH… are picture files, folders, of
which all pictures below are taken, or - for names on the standard input. A row for each picture: its path, the likeliest class with its
probability, the next one; of a picture that cannot be read the reason.`,
  words: ["RUN", "PATH…"],
  fields: FLAGS,
  json: "asked",
  endsWithReader: true,
  run: predict,
};
