/**
 * Names the classes of pictures with a fine-tuned encoder or a linear probe.
 *
 * ```sh
 * deno run -A examples/predict.ts runs/2 holiday.jpg photos/new > classes.csv
 * deno run -A examples/predict.ts exported/mine photos/new --top 3 --json
 * ```
 *
 * A row for each picture goes to the output as soon as it is known, everything else to the
 * standard error output.
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-read=PHOTOS,ENCODER
 * --allow-ffi=NPM
 * --allow-env=SHARP_ENV
 * --allow-sys=SHARP_SYS
 * ```
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { predictCommand } from "../cli/commands/predict.ts";

await runCommand(predictCommand, Deno.args);
