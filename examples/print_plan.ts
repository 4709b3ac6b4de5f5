/**
 * Prints the plan of a run: freeze times, learning rates of layers, and what that
 * saves. No tensor library is loaded.
 *
 * ```sh
 * deno run -A examples/print_plan.ts --model vit-b --saving 0.2 --svg plan.svg
 * ```
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-write=SVG
 * ```
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { planCommand } from "../cli/commands/plan.ts";

await runCommand(planCommand, Deno.args);
