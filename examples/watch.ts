/**
 * Shows how a pre-training run goes on, from another terminal or in a browser.
 *
 * ```sh
 * deno run -A examples/watch.ts runs/1
 * deno run -A examples/watch.ts runs/1 --once
 * deno run -A examples/watch.ts runs/1 --html
 * ```
 *
 * Permissions: `--allow-read=RUN`, and for the page also `--allow-net=ADDRESS`,
 * see `docs/permissions.md`.
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { watchCommand } from "../cli/commands/watch.ts";

await runCommand(watchCommand, Deno.args);
