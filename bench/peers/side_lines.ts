/** The lines that a side prints, checked. */
import {
  type Codec,
  codecOf,
  decode,
  numberIn,
  unwanted,
  wholeFrom,
} from "../../core/codec/codec.ts";
import { listOf, recordOf } from "../../core/codec/structures.ts";
import {
  describeFaults,
  type Faults,
  left,
  type Result,
  right,
} from "../../core/mod.ts";
import type { SideReady, SideRound } from "./side.ts";

/** Reason why a side cannot run here. */
export interface SideMissing {
  /** Missing part, and how to get it. */
  readonly missing: string;
}

const text: Codec<string> = codecOf(
  "a text that is not empty",
  (found, place) =>
    typeof found !== "string"
      ? unwanted(found, place, "WrongType")
      : found === ""
      ? unwanted(found, place, "OutOfRange")
      : [],
);

const milliseconds = numberIn("a number above 0", (value) => value > 0);

const orNull = <A>(codec: Codec<A>): Codec<A | null> =>
  codecOf(
    `${codec.name} or null`,
    (found, place) =>
      found === null || codec.is(found) ? [] : unwanted(
        found,
        place,
        typeof found === "number" ? "OutOfRange" : "WrongType",
      ),
  );

const loss = numberIn("a finite number", () => true);

const missing = recordOf<SideMissing>({ missing: text });

const ready = recordOf<SideReady>({
  versions: text,
  settings: text,
  threads: wholeFrom(1),
  trainable: wholeFrom(1),
  loss,
});

const round = recordOf<SideRound>({
  forwardMs: orNull(milliseconds),
  backwardMs: orNull(milliseconds),
  gradientMs: milliseconds,
  updateMs: milliseconds,
  totalMs: milliseconds,
  losses: listOf(loss),
});

const sentence = (faults: Faults): string =>
  describeFaults(faults).replaceAll("\n", "; ");

function parsed(line: string): Result<string, unknown> {
  try {
    return right(JSON.parse(line));
  } catch {
    return left(`found ${JSON.stringify(line)}, wanted a line of JSON`);
  }
}

function decoded<A>(codec: Codec<A>, line: string): Result<string, A> {
  const json = parsed(line);
  if (json._tag === "Left") return json;
  const value = decode(codec)(json.right);
  return value._tag === "Left" ? left(sentence(value.left)) : value;
}

/**
 * The first line of a side.
 *
 * @param line Line that it printed.
 * @returns Its description, or why it is missing; or every fault of the line in one sentence.
 */
export function helloLine(
  line: string,
): Result<string, SideReady | SideMissing> {
  const absent = decoded(missing, line);
  return absent._tag === "Right" ? absent : decoded(ready, line);
}

/**
 * The line of a round.
 *
 * @param line Line that it printed.
 * @returns Times and losses, or every fault of the line in one sentence.
 */
export function roundLine(line: string): Result<string, SideRound> {
  return decoded(round, line);
}
