/** Shows the progress of a run of any kind, in another terminal or a browser. */
import process from "node:process";
import { followRun } from "../../train/mod.ts";
import type { Command, CommandContext } from "../command/command.ts";
import { must, refuse } from "../command/command_failed.ts";
import { numberFlag, switchFlag, under, wholeFlag } from "../flags/flags.ts";
import { followText } from "../watch/follow_text.ts";
import { servePage } from "../watch/page_server.ts";

/** Ports that a page can be served on; 0 is any free one. */
const MOST_PORT = 65_535;

/** Port of the page where `--port` is not given. */
const DEFAULT_PORT = 8123;

/** Seconds between looks where `--every` is not given: on a terminal, elsewhere. */
const EVERY = { terminal: 1, elsewhere: 10 } as const;

const FLAGS = {
  ...under("View", {
    "once": switchFlag("say how the run stands now and end"),
    "every": numberFlag(
      {
        wanted: "seconds, at least 0.1",
        holds: (value) => value >= 0.1,
        nearest: () => 0.1,
      },
      "seconds between two looks",
      {
        initial:
          `${EVERY.terminal}, and ${EVERY.elsewhere} where the output is no terminal`,
      },
    ),
  }),
  ...under("Page", {
    "html": switchFlag("serve a page with live curves, to this machine only"),
    "port": wholeFlag(0, "port of the page; 0 takes a free one", {
      most: MOST_PORT,
      initial: String(DEFAULT_PORT),
    }),
  }),
} as const;

type Context = CommandContext<typeof FLAGS>;

/** Serves the page until Ctrl-C. */
async function watchPage(
  { words: [folder = ""], values, say }: Context,
): Promise<void> {
  const follow = followRun(folder);
  const run = await follow();
  if (run._tag === "Left" && !run.left.isThere) refuse(run.left.reason);
  const page = must(servePage({
    folder,
    follow,
    every: values.every ?? EVERY.terminal,
    port: values.port ?? DEFAULT_PORT,
  }));
  say(`${page.address} shows ${folder}; Ctrl-C ends it`);
  await page.finished;
}

async function watchText(
  { words: [folder = ""], values }: Context,
): Promise<void> {
  const { stdout: stream } = process;
  const shown = await followText({
    folder,
    follow: followRun(folder),
    stream,
    every: values.every ?? (stream.isTTY ? EVERY.terminal : EVERY.elsewhere),
    once: values.once ?? false,
  });
  must(shown, ({ reason }) => reason);
}

/** The command. */
export const watchCommand: Command<typeof FLAGS> = {
  name: "watch",
  summary: "Shows how a run goes on",
  usage:
    `RUN is the run's folder, for example runs/1. On a terminal the view is refreshed
in place, elsewhere news are printed line by line. The program ends with the run;
with --html it serves its page until Ctrl-C. It only reads.`,
  words: ["RUN"],
  fields: FLAGS,
  notes: () => [
    "Exit codes: 0 the run was shown, 2 there is no run to show as asked.",
  ],
  json: "never",
  endsWithReader: true,
  run: (context) =>
    context.values.html ? watchPage(context) : watchText(context),
};
