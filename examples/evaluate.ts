/**
 * Says what pre-training gained: an encoder beside what it began as and raw pixels.
 *
 * ```sh
 * deno run -A examples/evaluate.ts runs/1
 * deno run -A examples/evaluate.ts mae_pretrain_vit_base.pth --data photos --resize-size 256
 * ```
 *
 * The same held-out images are named by nearest neighbours, a linear probe and, where
 * that does not take long, fine-tuning. A page with pictures, JSON and the pictures
 * themselves are written into a folder.
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-read=DATA,ENCODER,OUT
 * --allow-write=OUT
 * --allow-ffi=NPM
 * ```
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { evaluateCommand } from "../cli/commands/evaluate.ts";

await runCommand(evaluateCommand, Deno.args);
