/**
 * Pre-trains a Vision Transformer on images by LocalMIM with FreezeOut.
 *
 * ```sh
 * deno run -A examples/pretrain.ts
 * deno run -A examples/pretrain.ts --data photos --minutes 30
 * deno run -A examples/pretrain.ts --resume runs/1
 * deno run -A examples/pretrain.ts --output-dir runs/night --resume auto
 * ```
 *
 * Without `--data` it learns from the embedded Fashion-MNIST images, in minutes
 * on two CPU cores. Ctrl-C, or closing the terminal, ends the run with a
 * checkpoint of the steps that it has taken; a process that is killed loses those since its last one. The same command with
 * `--resume auto` begins a run and goes on with it, however often it ends.
 *
 * Permissions: `--allow-read=DATA,RUN --allow-write=RUN --allow-ffi=NPM
 * --allow-sys=hostname,systemMemoryInfo`, see
 * `docs/permissions.md`.
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { pretrainCommand } from "../cli/commands/pretrain.ts";

await runCommand(pretrainCommand, Deno.args);
