/** A part in a process of its own, so that neither a crash nor a hang of it ends the others. */
import { type Facts, type Part, reasonOf } from "./part.ts";

/** What a part is told. */
export interface PartTask {
  /** Name of the part. */
  readonly part: string;
  /** Its time, seconds. */
  readonly seconds: number;
  /** As `PartContext.isTiny`. */
  readonly isTiny: boolean;
}

/** What became of a part. */
export interface PartResult {
  /** Seconds that it took. */
  readonly seconds: number;
  /** Seconds that it was given. */
  readonly given: number;
  /** Why it did not come to its end. */
  readonly error?: string;
  /** What it found before it ended. */
  readonly facts: Facts;
}

/** Seconds past its time after which a part is ended. */
const GRACE = 20;

/** Before every line of results; the runtime's own messages have no such beginning. */
const MARK = "card: ";

/** Runs a part in this process; every note is a line. */
export async function servePart(
  part: Part,
  { seconds, isTiny }: PartTask,
  say: (line: string) => void,
): Promise<void> {
  const end = performance.now() + 1000 * seconds;
  const tell = (message: Facts): void => say(MARK + JSON.stringify(message));
  try {
    await part.measure({
      isTiny,
      secondsLeft: () => (end - performance.now()) / 1000,
      note: (facts) => tell({ facts }),
    });
  } catch (thrown) {
    tell({ error: reasonOf(thrown) });
  }
}

/** The last message of each kind in the output of a part. */
function messagesOf(output: string): Pick<PartResult, "error" | "facts"> {
  const lines = output.split("\n").filter((line) => line.startsWith(MARK));
  const found: Pick<PartResult, "error" | "facts"> = { facts: {} };
  // The last line may have been cut off when the process was ended.
  return lines.reduce((known, line) => {
    try {
      return { ...known, ...JSON.parse(line.slice(MARK.length)) };
    } catch {
      return known;
    }
  }, found);
}

/** The last lines of what a process complained of. */
const complaint = (text: string): string =>
  text.trim().split("\n").slice(-4).join("\n");

/**
 * Runs a part in a process of its own.
 *
 * @param program Address of the program that serves parts.
 */
export async function partApart(
  program: string,
  task: PartTask,
): Promise<PartResult> {
  const start = performance.now();
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 1000 * (task.seconds + GRACE));
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--no-lock", "--quiet"],
      ...[program, "--part", JSON.stringify(task)],
    ],
    stdout: "piped",
    stderr: "piped",
    signal: abort.signal,
  }).spawn();
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const decoder = new TextDecoder();
  const said = messagesOf(decoder.decode(stdout));
  const seconds = Math.round((performance.now() - start) / 100) / 10;
  const failure = abort.signal.aborted
    ? "it did not end in time"
    : code === 0
    ? undefined
    : `it ended with ${code}: ${complaint(decoder.decode(stderr))}`;
  const error = said.error ?? failure;
  return {
    ...{ seconds, given: Math.round(task.seconds) },
    ...error === undefined ? {} : { error },
    facts: said.facts,
  };
}
