/** The pictures that the words of a command name. */
import {
  bytesInWords,
  counted,
  type ImageSource,
  openPictures,
} from "../../data/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import { describeImages } from "../command/describe_errors.ts";

/** The word for names on the standard input. */
const STANDARD_INPUT = "-";

/**
 * Most bytes of names on a command line. ONNX Runtime 1.30 looks at the command line with a
 * regular expression when it starts, whose stack ends at about 28 kB.
 */
const MOST_BYTES = 20_000;

/** Names on the standard input, one a line. */
async function namesRead(): Promise<readonly string[]> {
  const text = await new Response(Deno.stdin.readable).text();
  return text.split(/\r?\n/).filter((line) => line !== "");
}

/** Refuses more names than a command line may hold. */
function checkLength(words: readonly string[]): void {
  const { length } = new TextEncoder().encode(words.join(" "));
  if (length <= MOST_BYTES) return;
  refuse(
    `found ${counted(words.length, "name")} of ${
      bytesInWords(length)
    } on the command line, wanted at most ${
      bytesInWords(MOST_BYTES)
    }: name their folder, or give the names, one a line, on the standard input and - in their place`,
  );
}

/**
 * Opens the pictures that some words name: files, folders, or `-` for names on the standard
 * input, one a line.
 *
 * @throws {CommandFailed} where a folder cannot be used, or where there are too many names.
 */
export async function namedPictures(
  words: readonly string[],
): Promise<ImageSource> {
  checkLength(words);
  const paths = words.includes(STANDARD_INPUT)
    ? [...words.filter((word) => word !== STANDARD_INPUT), ...await namesRead()]
    : words;
  return must(await openPictures(paths), describeImages);
}
