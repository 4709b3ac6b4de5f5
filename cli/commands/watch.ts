/**
 * Shows how a pre-training run goes on, from another terminal or in a browser.
 *
 * ```sh
 * deno run -A cli/main.ts watch runs/1
 * deno run -A cli/main.ts watch runs/1 --once
 * deno run -A cli/main.ts watch runs/1 --html
 * ```
 *
 * @module
 */
// deno-lint-ignore-file no-console -- talking is what this program does
import process from "node:process";
import { describeFaults } from "../../core/mod.ts";
import { followRun } from "../../train/mod.ts";
import { splitWords } from "../flags/words.ts";
import { asksForHelp, parseFlags } from "../flags/parse_flags.ts";
import { withPermissionAdvice } from "../output/permission_advice.ts";
import { followText } from "../watch/follow_text.ts";
import { servePage } from "../watch/serve_page.ts";
import {
  DEFAULT_PORT,
  WATCH_FLAGS,
  watchHelp,
  type WatchValues,
} from "../watch/watch_flags.ts";

/** Exit code where there is nothing to show. */
const NOTHING_TO_SHOW = 2;

function refuse(message: string): never {
  console.error(withPermissionAdvice(message));
  process.exit(NOTHING_TO_SHOW);
}

/** Seconds between looks where `--every` is not given: on a terminal, elsewhere. */
const EVERY = { terminal: 1, elsewhere: 10 } as const;

/** Serves the page until Ctrl-C. */
async function watchPage(folder: string, values: WatchValues): Promise<void> {
  const follow = followRun(folder);
  const run = await follow();
  if (run._tag === "Left" && !run.left.isThere) refuse(run.left.reason);
  const page = servePage({
    folder,
    follow,
    every: values.every ?? EVERY.terminal,
    port: values.port ?? DEFAULT_PORT,
  });
  if (page._tag === "Left") refuse(page.left);
  console.log(`${page.right.address} shows ${folder}; Ctrl-C ends it`);
  await page.right.finished;
}

async function watchText(folder: string, values: WatchValues): Promise<void> {
  const { stdout: stream } = process;
  const shown = await followText({
    folder,
    follow: followRun(folder),
    stream,
    every: values.every ??
      (stream.isTTY ? EVERY.terminal : EVERY.elsewhere),
    once: values.once ?? false,
  });
  if (shown._tag === "Left") refuse(shown.left.reason);
}

/**
 * Runs the command.
 *
 * @param args The command line behind its name.
 */
export async function watchCommand(args: readonly string[]): Promise<void> {
  // A reader that goes away, as `head` does, ends the program quietly.
  process.stdout.on("error", () => process.exit(0));
  if (asksForHelp(args)) return console.log(watchHelp());
  const split = splitWords(["RUN"], args);
  if (split._tag === "Left") refuse(describeFaults(split.left));
  const values = parseFlags(WATCH_FLAGS, split.right.flags);
  if (values._tag === "Left") refuse(describeFaults(values.left));
  const [folder = ""] = split.right.words;
  await (values.right.html ? watchPage : watchText)(folder, values.right);
}
