/**
 * The Python that the PyTorch peer is run with.
 *
 * @module
 */

/** Debian's Python, for which Debian has a PyTorch. */
export const PYTHON = "/usr/bin/python3";

/** What a run of a program gave. */
export interface Run {
  /** Exit status. */
  readonly code: number;
  /** What it printed. */
  readonly out: string;
  /** What it complained of. */
  readonly error: string;
}

/** Runs a program to its end. */
export async function run(
  command: string,
  args: readonly string[],
): Promise<Run> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), error: text.decode(stderr) };
}

/** Why tests with PyTorch are skipped here, or `null`. */
export async function whyNoTorch(): Promise<string | null> {
  try {
    const { code } = await run(PYTHON, ["-c", "import torch"]);
    return code === 0 ? null : `${PYTHON} has no torch`;
  } catch {
    return `no ${PYTHON}`;
  }
}
