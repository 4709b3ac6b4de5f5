/** A side as a process that waits for its turns. */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { left, type Result, right } from "../../core/mod.ts";
import type { SideProgram } from "./peer_programs.ts";
import type { SideReady, SideRound, SideSpec } from "./side.ts";
import { helloLine, roundLine } from "./side_lines.ts";

/** Reason why a side has no measurements. */
export type SideFailure =
  /** It cannot run here. */
  | { readonly _tag: "Missing"; readonly reason: string }
  /** It ran and failed. */
  | { readonly _tag: "Failed"; readonly reason: string };

/** A side that waits. */
export interface SideProcess {
  /** Its own description. */
  readonly ready: SideReady;
  /** Asks for a round and waits for it. */
  readonly round: () => Promise<Result<SideFailure, SideRound>>;
  /** Ends the process. */
  readonly end: () => Promise<void>;
}

const failed = (reason: string): Result<SideFailure, never> =>
  left({ _tag: "Failed", reason });

const missing = (reason: string): Result<SideFailure, never> =>
  left({ _tag: "Missing", reason });

function environment({ env, unset }: SideProgram): Record<string, string> {
  const inherited = Object.entries(Deno.env.toObject())
    .filter(([name]) => !unset.includes(name));
  return { ...Object.fromEntries(inherited), ...env };
}

function spawn(
  program: SideProgram,
  spec: SideSpec,
): Result<SideFailure, Deno.ChildProcess> {
  try {
    const command = new Deno.Command(program.command, {
      args: [...program.args, JSON.stringify(spec)],
      env: environment(program),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    });
    return right(command.spawn());
  } catch (error) {
    const reason = error instanceof Error ? error.message : `${error}`;
    return missing(`${program.command} cannot be started: ${reason}`);
  }
}

/** Lines of a process, each within so many seconds; `null` is its end. */
function linesOf(child: Deno.ChildProcess, patience: number) {
  // Deno's and Node's types of the same stream do not know each other.
  const stdout = child.stdout as unknown;
  const input = Readable.fromWeb(
    stdout as Parameters<typeof Readable.fromWeb>[0],
  );
  const lines = createInterface({ input })[Symbol.asyncIterator]();
  return async (): Promise<Result<SideFailure, string>> => {
    const { promise, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => resolve("late"), 1000 * patience);
    const next = await Promise.race([lines.next(), promise]);
    clearTimeout(timer);
    if (next === "late") return failed(`no answer within ${patience} seconds`);
    return next.done
      ? failed("it ended without an answer; what it said stands above")
      : right(next.value);
  };
}

/** Ends a process, whatever it is doing. */
async function ended(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGTERM");
  } catch {
    // It has ended by itself.
  }
  await child.status;
}

/** Reads one line with one of the readers of lines. */
async function read<A>(
  nextLine: () => Promise<Result<SideFailure, string>>,
  decode: (line: string) => Result<string, A>,
): Promise<Result<SideFailure, A>> {
  const line = await nextLine();
  if (line._tag === "Left") return line;
  const value = decode(line.right);
  return value._tag === "Left" ? failed(value.left) : value;
}

function waitingSide(
  child: Deno.ChildProcess,
  nextLine: () => Promise<Result<SideFailure, string>>,
  ready: SideReady,
): SideProcess {
  const turns = child.stdin.getWriter();
  return {
    ready,
    round: async () => {
      try {
        await turns.write(new TextEncoder().encode("go\n"));
      } catch {
        return failed("it ended between two rounds");
      }
      return await read(nextLine, roundLine);
    },
    end: async () => {
      await turns.abort().catch(() => {});
      await ended(child);
    },
  };
}

/**
 * Starts a side and waits until it has taken its first step.
 *
 * @param program Program to run.
 * @param spec Specification of the side.
 * @param patience Seconds to wait for an answer.
 * @returns The side, or why there is none.
 */
export async function startSide(
  program: SideProgram,
  spec: SideSpec,
  patience: number,
): Promise<Result<SideFailure, SideProcess>> {
  const child = spawn(program, spec);
  if (child._tag === "Left") return child;
  const nextLine = linesOf(child.right, patience);
  const hello = await read(nextLine, helloLine);
  if (hello._tag === "Left") {
    await ended(child.right);
    return hello;
  }
  const answer = hello.right;
  if ("missing" in answer) {
    await ended(child.right);
    return missing(answer.missing);
  }
  return right(waitingSide(child.right, nextLine, answer));
}
