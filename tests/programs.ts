/**
 * Programs of this repository, started as a user starts them.
 *
 * @module
 */

/** The top of the repository. */
export const ROOT = new URL("../", import.meta.url);

/** How a program ended and what it wrote. */
export interface ProgramEnd {
  /** Exit code. */
  readonly code: number;
  /** What it wrote to stdout. */
  readonly stdout: string;
  /** What it wrote to stderr. */
  readonly stderr: string;
}

/** Address of a file in the repository. */
export const addressOf = (path: string): string => new URL(path, ROOT).href;

/**
 * Address of a program that users start, by its name (`pretrain.ts`). No other
 * test knows where these programs lie.
 */
export const programAddress = (name: string): string =>
  addressOf(`examples/${name}`);

/** A command that runs a script with all permissions, from any folder. */
export function scriptCommand(
  address: string,
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Deno.Command {
  const config = new URL("deno.json", ROOT).pathname;
  const deno = ["run", "-A", "--no-lock", "--quiet", "--config", config];
  return new Deno.Command(Deno.execPath(), {
    args: [...deno, address, ...args],
    stdout: "piped",
    stderr: "piped",
    ...options,
    env: { ...options.env, NO_COLOR: "1" },
  });
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Waits for the end of a process. */
export async function endOf(
  output: Promise<Deno.CommandOutput>,
): Promise<ProgramEnd> {
  const { code, stdout, stderr } = await output;
  return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
}

/** Interrupts a program as soon as a word stands in one of its outputs, and waits for its end. */
export async function interruptedAt(
  child: Deno.ChildProcess,
  output: "stdout" | "stderr",
  word: string,
): Promise<ProgramEnd> {
  const read = async (name: "stdout" | "stderr"): Promise<string> => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of child[name]) {
      const isTold = name !== output || text.includes(word);
      text += decoder.decode(bytes, { stream: true });
      if (!isTold && text.includes(word)) child.kill("SIGINT");
    }
    return text;
  };
  const [stdout, stderr] = await Promise.all([read("stdout"), read("stderr")]);
  return { code: (await child.status).code, stdout, stderr };
}

/** Runs a script of the repository (`bench/step.ts`) to its end. */
export function runScript(
  path: string,
  ...args: readonly string[]
): Promise<ProgramEnd> {
  return endOf(scriptCommand(addressOf(path), args).output());
}

/** Runs a program that users start (`knn.ts`) to its end. */
export function runProgram(
  name: string,
  ...args: readonly string[]
): Promise<ProgramEnd> {
  return endOf(scriptCommand(programAddress(name), args).output());
}

/** Starts a program that users start. */
export function startProgram(
  name: string,
  ...args: readonly string[]
): Deno.ChildProcess {
  return scriptCommand(programAddress(name), args).spawn();
}
