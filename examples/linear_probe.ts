/**
 * Judges an encoder by a linear classifier on its features.
 *
 * ```sh
 * deno run -A examples/linear_probe.ts runs/1
 * deno run -A examples/linear_probe.ts runs/1 --augment --output probe.safetensors
 * ```
 *
 * The encoder stays as it is; an untrained one is probed beside it. The learning rate is
 * the best of some on images that are held out of those to learn from. The last line of
 * the output is JSON, also after Ctrl-C.
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-read=DATA,ENCODER
 * --allow-ffi=NPM
 * ```
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { probeCommand } from "../cli/commands/probe.ts";

await runCommand(probeCommand, Deno.args);
