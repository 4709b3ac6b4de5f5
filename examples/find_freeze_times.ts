/**
 * Finds out from an unfrozen run and its checkpoints when its layers may freeze.
 *
 * ```sh
 * deno run -A examples/pretrain.ts --t0 1 --keep 12 --output-dir runs/unfrozen
 * deno run -A examples/find_freeze_times.ts runs/unfrozen --dry-run
 * deno run -A examples/find_freeze_times.ts runs/unfrozen
 * ```
 *
 * Permissions: `--allow-read=DATA,RUN`, `--allow-write=RUN`, `--allow-ffi=NPM` and
 * `--allow-sys=hostname,systemMemoryInfo`, see `docs/permissions.md`.
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { findTimesCommand } from "../cli/commands/find_times.ts";

await runCommand(findTimesCommand, Deno.args);
