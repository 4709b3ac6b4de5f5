/**
 * Evaluates an encoder by fine-tuning it with a classification head.
 *
 * ```sh
 * deno run -A examples/finetune.ts runs/1 --epochs 20 --batch-size 64 --accum-iter 1
 * ```
 *
 * It is evaluated after every epoch and kept in a folder of its own, `runs/N`, from which it
 * goes on after Ctrl-C. The last line of the output is JSON, also then.
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
import { finetuneCommand } from "../cli/commands/finetune.ts";

await runCommand(finetuneCommand, Deno.args);
