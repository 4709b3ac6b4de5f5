/**
 * Kills runs of a tiny model at drawn moments, for as long as one likes, and
 * fails if anything is lost.
 *
 * ```sh
 * deno run -A tools/survival.ts --device onnx --kills 300 --seed 1
 * ```
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { describeFaults } from "../core/mod.ts";
import {
  choiceFlag,
  initially,
  switchFlag,
  wholeFlag,
} from "../cli/flags/flags.ts";
import { helpText } from "../cli/flags/help_text.ts";
import { parseFlags } from "../cli/flags/parse_flags.ts";
import { survives } from "../tests/train/survival/survives.ts";

const FLAGS = {
  "device": choiceFlag(
    ["onnx", "onnx on one thread", "wasm", "cpu", "reference"],
    "where it computes",
  ),
  "kills": wholeFlag(1, "how often it is killed"),
  "seed": wholeFlag(0, "seed of the moments"),
  "help": switchFlag("print this and stop"),
} as const;

const DEFAULTS = { device: "cpu", kills: "300", seed: "0" };

const USAGE =
  "Kills runs and sees whether they go on as if nothing had happened: deno run -A tools/survival.ts [FLAGS]";

const parsed = parseFlags(FLAGS, Deno.args);
if (parsed._tag === "Left") {
  console.error(describeFaults(parsed.left));
  Deno.exit(2);
}
const { device, kills, seed, help } = parsed.right;
if (help) {
  console.log(helpText(USAGE, initially(FLAGS, DEFAULTS)));
  Deno.exit();
}

const folder = await Deno.makeTempDir();
let told = 0;
try {
  const end = await survives({
    device: device ?? DEFAULTS.device,
    kills: kills ?? Number(DEFAULTS.kills),
    seed: seed ?? Number(DEFAULTS.seed),
    folder,
    tell: ({ isKilled, isCutOff, said }) => {
      const steps = said.filter(({ event }) => event === "step").length;
      const how = isKilled ? "killed" : "ended";
      const where = isCutOff ? " while it wrote" : "";
      console.log(`${++told}: ${how}${where} after ${steps} steps`);
    },
  });
  console.log(
    `${end.kills} kills, ${end.cutOff} of them while a checkpoint was written or removed; ${end.runs} runs ended bit for bit like one that was not killed`,
  );
} finally {
  await Deno.remove(folder, { recursive: true });
}
