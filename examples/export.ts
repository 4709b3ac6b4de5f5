/**
 * Writes the encoder of a run for other programs: timm, PyTorch, transformers.js.
 *
 * ```sh
 * deno run -A examples/export.ts runs/1 exported/my-encoder
 * ```
 *
 * The last line of the output is JSON.
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-read=DATA,ENCODER,OUT
 * --allow-write=OUT
 * ```
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { exportCommand } from "../cli/commands/export.ts";

await runCommand(exportCommand, Deno.args);
