import {
  deepStrictEqual,
  match,
  strictEqual,
  throws,
} from "node:assert/strict";
import { CommandFailed } from "../../../cli/command/command_failed.ts";
import { fieldNames } from "../../../cli/flags/field_names.ts";
import { classesOf } from "../../../cli/segment/class_numbers.ts";
import type { KnownMasks } from "../../../cli/segment/known_masks.ts";
import {
  SEGMENT_FLAGS,
  type SegmentValues,
} from "../../../cli/segment/segment_flags.ts";
import { badImages } from "../../../data/mod.ts";

/** Masks in which these numbers occur, each of one pixel and first in a mask of its name. */
function having(numbers: readonly number[]): KnownMasks<null> {
  const counts = new Float64Array(256);
  for (const number of numbers) counts[number] = 1;
  const firstOf = new Map(numbers.map((number) => [number, `${number}.png`]));
  return { kept: [], counts, firstOf, bad: badImages(1) };
}

const MASKS = [having([3, 0, 255]), having([7])];

/** Words of what a choice of classes is refused with. */
function refusal(
  masks: readonly KnownMasks<null>[],
  values: SegmentValues,
): string {
  let words = "";
  throws(() => classesOf(masks, null, values), (thrown) => {
    if (!(thrown instanceof CommandFailed)) return false;
    words = thrown.describe(fieldNames(SEGMENT_FLAGS));
    return true;
  });
  return words;
}

Deno.test("classesOf() are the numbers that occur in either part, without those that are ignored", () => {
  const { numbers, names, classOf } = classesOf(MASKS, null, {});
  deepStrictEqual([numbers, names], [[0, 3, 7], ["0", "3", "7"]]);
  deepStrictEqual(
    [0, 1, 3, 7, 255].map((number) => classOf[number]),
    [0, -1, 1, 2, -1],
  );
  const other = classesOf(MASKS, null, { ignore: [0] });
  deepStrictEqual(other.numbers, [3, 7, 255]);
});

Deno.test("classesOf() are as many as is stated, also such that do not occur, under their names", () => {
  const eight = classesOf(MASKS, null, { classes: 8, ignore: [0, 255] });
  deepStrictEqual(eight.numbers, [1, 2, 3, 4, 5, 6, 7]);
  const own = classesOf([having([0, 1])], ["ground", "figure"], {});
  deepStrictEqual(own.names, ["ground", "figure"]);
  const given = classesOf([having([0, 1])], ["ground", "figure"], {
    classes: ["a", "b", "c"],
  });
  deepStrictEqual(given.names, ["a", "b", "c"]);
});

Deno.test("classesOf() refuses a number beyond the stated ones by its mask, and less than two classes", () => {
  strictEqual(
    refusal(MASKS, { classes: 5 }),
    "--classes: found number 7 in 7.png, wanted numbers from 0 to 4, or 7 among those of --ignore",
  );
  match(
    refusal([having([4, 255])], {}),
    /^--data: found the single number 4 in all masks \(--ignore 255\), wanted at least two$/,
  );
  match(
    refusal([having([4])], { ignore: [4] }),
    /found no number that counts in all masks \(--ignore 4\)/,
  );
});

Deno.test("--ignore and --classes read lists, and refuse what is none", () => {
  const { ignore, classes } = SEGMENT_FLAGS;
  deepStrictEqual(ignore.parse("0, 255"), { _tag: "Right", right: [0, 255] });
  deepStrictEqual(ignore.parse("none"), { _tag: "Right", right: [] });
  for (const text of ["", "0,,1", "256", "-1", "a", "1.5", ","]) {
    strictEqual(ignore.parse(text)._tag, "Left", text);
  }
  deepStrictEqual(classes.parse("21"), { _tag: "Right", right: 21 });
  deepStrictEqual(classes.parse("a, b"), { _tag: "Right", right: ["a", "b"] });
  for (const text of ["1", "257", "a", "a,,b", "1.5", ""]) {
    strictEqual(classes.parse(text)._tag, "Left", text);
  }
});
