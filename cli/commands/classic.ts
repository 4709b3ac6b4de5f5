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
import { CLASSIC_DEFAULTS, CLASSIC_FLAGS } from "../classic/classic_flags.ts";
import { runClassic } from "../classic/run_classic.ts";
import { type EvaluationProgram, runProgram } from "../output/program.ts";

const program: EvaluationProgram<typeof CLASSIC_FLAGS> = {
  words: [],
  flags: CLASSIC_FLAGS,
  usage:
    `Trains a residual network under FreezeOut: deno run -A examples/freezeout_classic.ts [FLAGS]

Layers freeze one after another, each on its own cosine (Brock et al. 2017). The network
is judged after every epoch. CIFAR-10 and CIFAR-100 are read in their binary version.`,
  defaults: CLASSIC_DEFAULTS,
  run: (_, values, say) => runClassic(values, say),
};

/**
 * Runs the command.
 *
 * @param args The command line behind its name.
 */
export const classicCommand = (args: readonly string[]): Promise<void> =>
  runProgram(program, args);
