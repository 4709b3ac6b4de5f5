/**
 * Compares ways of pre-training, with several seeds each and beside what costs the same
 * with nothing frozen, by the accuracy of their encoders.
 *
 * ```sh
 * deno run -A examples/compare.ts
 * deno run -A examples/compare.ts --methods mine.json --data photos
 * deno run -A examples/compare.ts --size hour --threads 1 --output-dir runs/freezing
 * deno run -A examples/compare.ts --methods unfrozen,freezeout --seeds 3 --epochs 8
 * ```
 *
 * The same command goes on with what was stopped. The results are in the folder:
 * `table.md`, `accuracy.svg`, `results.jsonl`. The last line of the output is JSON, also
 * after Ctrl-C.
 *
 * Permissions: `--allow-read=DATA,OUT --allow-write=OUT --allow-ffi=NPM
 * --allow-sys=hostname`, see `docs/permissions.md`.
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { compareCommand } from "../cli/commands/compare.ts";

await runCommand(compareCommand, Deno.args);
