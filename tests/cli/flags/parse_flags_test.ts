import fc from "fast-check";
import { deepEqual, equal, match } from "node:assert/strict";
import {
  choiceFlag,
  FROM_ZERO,
  initially,
  numberFlag,
  switchFlag,
  textFlag,
  under,
  wholeFlag,
  workersFlag,
} from "../../../cli/flags/flags.ts";
import { helpText } from "../../../cli/flags/help_text.ts";
import {
  asksForHelp,
  parseFlags,
  renamedWords,
  splitWords,
} from "../../../cli/flags/parse_flags.ts";
import { faultsOf, right } from "../../right.ts";

const FLAGS = {
  "epochs": wholeFlag(1, "how long"),
  "min-lr": numberFlag(FROM_ZERO, "how slow"),
  "how-scale": choiceFlag(["linear", "cubic"], "how bent"),
  "svg": textFlag("FILE", "where to"),
  "json": switchFlag("as JSON"),
} as const;

const read = (...args: readonly string[]) => parseFlags(FLAGS, args);

Deno.test("parseFlags() gives the values that were given, typed, and no others", () => {
  deepEqual(
    right(read("--epochs", "3", "--min-lr=1e-6", "--how-scale", "linear")),
    { "epochs": 3, "min-lr": 1e-6, "how-scale": "linear" },
  );
  deepEqual(right(read("--json", "--svg", "a b.svg")), {
    json: true,
    svg: "a b.svg",
  });
  deepEqual(right(read()), {});
});

Deno.test("parseFlags() reads every number that prints itself", () => {
  const number = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
  fc.assert(fc.property(number, (value) => {
    equal(right(read("--min-lr", String(value)))["min-lr"], value);
  }));
});

Deno.test("parseFlags() names unknown flags and impossible values with the nearest right one, all at once", () => {
  deepEqual(
    faultsOf(
      read(
        "--epoch",
        "5",
        "--epochs",
        "0",
        "--how-scale",
        "qubic",
        "--min-lr=-1",
      ),
    ),
    [
      "--epoch: found nothing, wanted a known flag; the nearest is --epochs",
      '--epochs: found "0", wanted a whole number of at least 1; the nearest is 1',
      '--how-scale: found "qubic", wanted one of linear, cubic; the nearest is cubic',
      '--min-lr: found "-1", wanted a number of at least 0; the nearest is 0',
    ],
  );
});

Deno.test("parseFlags() refuses words without a flag, flags without a value, switches with one", () => {
  deepEqual(faultsOf(read("stray", "--json=yes", "--svg")), [
    'argument: found "stray", wanted flags only',
    '--json: found "yes", wanted no value',
    "--svg: found nothing, wanted FILE",
  ]);
});

Deno.test("parseFlags() refuses texts that are no numbers", () => {
  for (const text of ["ten", "", " ", "NaN", "Infinity", "1e999", "1,5"]) {
    equal(read("--min-lr", text)._tag, "Left", text);
  }
});

Deno.test("workersFlag() refuses more threads than a machine could run", () => {
  const flags = { workers: workersFlag("threads") };
  deepEqual(right(parseFlags(flags, ["--workers", "256"])), { workers: 256 });
  deepEqual(faultsOf(parseFlags(flags, ["--workers", "1000000"])), [
    '--workers: found "1000000", wanted a whole number from 0 to 256; the nearest is 256',
  ]);
});

Deno.test("parseFlags() refuses a flag that is given twice", () => {
  deepEqual(faultsOf(read("--epochs", "3", "--epochs", "4")), [
    '--epochs: found "several values", wanted one value',
  ]);
});

Deno.test("parseFlags() takes no inherited name for a flag", () => {
  match(faultsOf(read("--constructor")).join(), /a known flag/);
});

Deno.test("parseFlags() suggests a flag that a word begins, and none where none is near", () => {
  const flags = { "data": textFlag("DIR", ""), "batch-size": wholeFlag(1, "") };
  const wanted = (word: string) => faultsOf(parseFlags(flags, [word])).join();
  match(wanted("--batch"), /a known flag; the nearest is --batch-size$/);
  match(wanted("--dry-run"), /a known flag; --help lists them$/);
});

Deno.test("asksForHelp() knows -h and --help, which are one flag", () => {
  const flags = { ...FLAGS, help: switchFlag("print this") };
  deepEqual(right(parseFlags(flags, ["-h"])), { help: true });
  equal(asksForHelp(["runs/1", "-h"]), true);
  equal(asksForHelp(["runs/1", "--help"]), true);
  equal(asksForHelp(["runs/h", "--helper"]), false);
});

Deno.test("helpText() has a line for each flag with its default", () => {
  const lines = helpText("Usage", initially(FLAGS, { epochs: "9" })).split(
    "\n",
  );
  deepEqual(lines, [
    "Usage",
    "",
    "  --epochs N                how long (default 9)",
    "  --min-lr X                how slow",
    "  --how-scale linear|cubic  how bent",
    "  --svg FILE                where to",
    "  --json                    as JSON",
  ]);
});

Deno.test("helpText() wraps words within the terminal, below the flag where it is narrow", () => {
  const flags = {
    "how-scale": choiceFlag(["linear", "cubic"], "x ".repeat(40).trim()),
  };
  for (const columns of [40, 60, 80, 120]) {
    const [, , ...lines] = helpText("Usage", flags, [], columns).split("\n");
    equal(lines.every((line) => line.length <= columns), true);
    const words = lines.join(" ").split(/\s+/).filter((word) => word === "x");
    equal(words.length, 40);
    equal(/linear\|cubic {2}x/.test(lines[0] ?? ""), columns >= 80);
  }
});

Deno.test("helpText() groups flags under their headings and reads defaults from configurations, said once where they agree", () => {
  const flags = {
    ...under("Length", {
      "epochs": wholeFlag(1, "how long", { at: "training.epochs" }),
    }),
    ...under("Other", {
      "seed": wholeFlag(0, "which", { at: "training.seed" }),
      "clip": numberFlag(FROM_ZERO, "how far", { at: "clip", unset: 0 }),
    }),
    ...under("Length", { "warm": numberFlag(FROM_ZERO, "how slow") }),
  } as const;
  const bases = [12, 100].map((epochs) => ({ training: { epochs, seed: 0 } }));
  deepEqual(helpText("Usage", flags, bases).split("\n"), [
    "Usage",
    "",
    "Length:",
    "  --epochs N  how long (default 12 / 100)",
    "  --warm X    how slow",
    "",
    "Other:",
    "  --seed N    which (default 0)",
    "  --clip X    how far (default 0)",
  ]);
});

Deno.test("renamedWords() says what words of earlier versions are called, which are still read", () => {
  const words = { "new-one": "one", "new-two": "two" } as const;
  const flags = {
    "mode": choiceFlag(words, "which", {}, { one: "new-one", two: "new-two" }),
  };
  for (const word of ["one", "new-one"]) {
    deepEqual(right(parseFlags(flags, ["--mode", word])), { mode: "one" });
  }
  deepEqual(renamedWords(flags, ["--mode", "two"]), [
    "--mode two is called --mode new-two now",
  ]);
  deepEqual(renamedWords(flags, ["--mode=new-two", "--mod", "two"]), []);
  deepEqual(faultsOf(parseFlags(flags, ["--mode", "tow"])), [
    '--mode: found "tow", wanted one of new-one, new-two',
  ]);
});

Deno.test("splitWords() takes as many words as are wanted, and behind an ellipsis all before the first flag", () => {
  const args = ["run", "a.png", "b.png", "--top", "3"];
  deepEqual(right(splitWords(["RUN", "PATH…"], args)), {
    words: ["run", "a.png", "b.png"],
    flags: ["--top", "3"],
  });
  deepEqual(right(splitWords(["RUN"], args)).words, ["run"]);
  const [fault] = faultsOf(splitWords(["RUN", "PATH…"], ["run", "--top"]));
  match(fault ?? "", /PATH…/);
});
