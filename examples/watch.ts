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
// deno-lint-ignore-file no-console -- talking is what this program does
import process from "node:process";
import { describeFaults } from "../core/mod.ts";
import { followRun } from "../train/mod.ts";
import { splitWords } from "./evaluate/words.ts";
import { asksForHelp, parseFlags } from "./parse_flags.ts";
import { withPermissionAdvice } from "./permission_advice.ts";
import { followText } from "./watch/follow_text.ts";
import { servePage } from "./watch/serve_page.ts";
import {
  DEFAULT_PORT,
  WATCH_FLAGS,
  watchHelp,
  type WatchValues,
} from "./watch/watch_flags.ts";

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

async function main(args: readonly string[]): Promise<void> {
  if (asksForHelp(args)) return console.log(watchHelp());
  const split = splitWords(["RUN"], args);
  if (split._tag === "Left") refuse(describeFaults(split.left));
  const values = parseFlags(WATCH_FLAGS, split.right.flags);
  if (values._tag === "Left") refuse(describeFaults(values.left));
  const [folder = ""] = split.right.words;
  await (values.right.html ? watchPage : watchText)(folder, values.right);
}

// A reader that goes away, as `head` does, ends the program quietly.
process.stdout.on("error", () => process.exit(0));
await main(process.argv.slice(2));
