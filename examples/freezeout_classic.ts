/**
 * FreezeOut where it came from: a residual network learns to classify small images
 * while its layers freeze one after another.
 *
 * ```sh
 * deno run -A examples/freezeout_classic.ts --epochs 10
 * deno run -A examples/freezeout_classic.ts --data cifar-100-binary --depth 40 --width 4 --epochs 100
 * ```
 *
 * The last line of the output is JSON: configuration, validation error at 80 % and at
 * the end of the run and at its best, part of operations and time that freezing saved,
 * and every epoch.
 *
 * It is a run like any other: in a folder of its own, `runs/N`, from which it goes on
 * after Ctrl-C.
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-read=DATA,RUN
 * --allow-write=RUN
 * --allow-ffi=NPM
 * --allow-sys=hostname,systemMemoryInfo
 * ```
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { classicCommand } from "../cli/commands/classic.ts";

await runCommand(classicCommand, Deno.args);
