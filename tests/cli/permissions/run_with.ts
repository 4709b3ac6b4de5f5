/**
 * Programs with some permissions.
 *
 * @module
 */
import { endOf, type ProgramEnd, ROOT } from "../../programs.ts";
import { uncovered } from "../../uncovered.ts";

/** Looks at what a program serves. */
export type Visit = (firstLine: string) => Promise<void>;

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Deno at the top of the repository, without a terminal. */
const command = (
  args: readonly string[],
  others: Deno.CommandOptions = {},
): Deno.Command =>
  new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...others,
    env: { ...others.env, NO_COLOR: "1" },
  });

/** Runs Deno to its end. */
export const deno = (...args: readonly string[]): Promise<ProgramEnd> =>
  endOf(command(args).output());

/** What a process wrote up to the end of its first line. */
async function firstLineOf({ stdout }: Deno.ChildProcess): Promise<string> {
  let text = "";
  for await (const bytes of stdout) {
    text += textOf(bytes);
    if (text.includes("\n")) break;
  }
  return text;
}

/** Starts Deno, looks at what it serves, and ends it; that counts as success. */
async function visited(
  args: readonly string[],
  visit: Visit,
): Promise<ProgramEnd> {
  const options = { clearEnv: true, env: uncovered() };
  const child = command(args, options).spawn();
  const stderr = new Response(child.stderr).text();
  const stdout = await firstLineOf(child);
  try {
    if (stdout !== "") await visit(stdout);
  } finally {
    if (stdout !== "") child.kill("SIGTERM");
  }
  const { code, signal } = await child.status;
  return {
    code: signal === "SIGTERM" ? 0 : code,
    stdout,
    stderr: await stderr,
  };
}

/**
 * Runs a program with the permissions of some flags and no other.
 *
 * @param flags The permissions.
 * @param words The program and its command line.
 * @param visit Given for a program that serves until it is ended.
 */
export function runWith(
  flags: readonly string[],
  words: readonly string[],
  visit?: Visit,
): Promise<ProgramEnd> {
  const args = ["run", "--no-check", "--no-prompt", "--quiet"];
  const all = [...args, ...flags, ...words];
  return visit === undefined ? deno(...all) : visited(all, visit);
}
