/**
 * FreezeOut where it came from: a residual network learns to classify small images
 * while its layers freeze one after another.
 *
 * ```sh
 * deno run -A cli/main.ts classic --epochs 10
 * deno run -A cli/main.ts classic --data cifar-100-binary --depth 40 --width 4 --epochs 100
 * ```
 *
 * The last line of the output is JSON: configuration, validation error at 80 % and at
 * the end of the run and at its best, part of operations and time that freezing saved,
 * and every epoch.
 *
 * @module
 */
import { CLASSIC_FLAGS, SMALL_CLASSIC } from "../classic/classic_flags.ts";
import { runClassic } from "../classic/run_classic.ts";
import type { Command } from "../command/command.ts";

/** The command. */
export const classicCommand: Command<typeof CLASSIC_FLAGS> = {
  name: "classic",
  summary: "Trains a residual network under FreezeOut",
  usage:
    `Layers freeze one after another, each on its own cosine (Brock et al. 2017). The network
is judged after every epoch. CIFAR-10 and CIFAR-100 are read in their binary version.`,
  words: [],
  fields: CLASSIC_FLAGS,
  bases: [SMALL_CLASSIC],
  json: "always",
  run: ({ values, say }) => runClassic(values, say),
};
