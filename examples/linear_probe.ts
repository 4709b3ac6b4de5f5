/**
 * Evaluates an encoder by a linear classifier on its features.
 *
 * ```sh
 * deno run -A examples/linear_probe.ts runs/1
 * deno run -A examples/linear_probe.ts runs/1 --augment --output probe.safetensors
 * ```
 *
 * The encoder stays as it is; an untrained one is probed beside it. The learning rate is
 * the best of some on images that are held out of the training images. The probe is a run
 * like any other, in a folder of its own. The last line of the output is JSON, also after
 * Ctrl-C.
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-read=DATA,ENCODER,RUN
 * --allow-write=RUN
 * --allow-ffi=NPM
 * --allow-sys=hostname,systemMemoryInfo
 * ```
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { probeCommand } from "../cli/commands/probe.ts";

await runCommand(probeCommand, Deno.args);
