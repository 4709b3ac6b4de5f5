/**
 * Says what pre-training gained: an encoder beside what it began as and raw pixels.
 *
 * ```sh
 * deno run -A examples/evaluate.ts runs/1
 * deno run -A examples/evaluate.ts mae_pretrain_vit_base.pth --data photos --resize-size 256
 * ```
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { evaluateCommand } from "../cli/commands/evaluate.ts";

await runCommand(evaluateCommand, Deno.args);
