/**
 * PyTorch for tests, where there is one.
 *
 * @module
 */

const decoder = new TextDecoder();

async function runPython(
  python: string,
  script: string,
  args: readonly string[],
): Promise<
  { readonly ok: boolean; readonly out: string; readonly error: string }
> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(python, {
      args: ["-c", script, ...args],
    }).output();
    const [out, error] = [decoder.decode(stdout), decoder.decode(stderr)];
    return { ok: success, out, error };
  } catch (thrown) {
    return { ok: false, out: "", error: String(thrown) };
  }
}

/** Debian's Python first: another one on the path seldom has PyTorch. */
async function pythonWithTorch(): Promise<string | null> {
  for (const python of ["/usr/bin/python3", "python3"]) {
    if ((await runPython(python, "import torch", [])).ok) return python;
  }
  return null;
}

const python = await pythonWithTorch();

/** Runs a Python script; gives what it prints. */
export type RunTorch = (
  script: string,
  ...args: readonly string[]
) => Promise<string>;

/**
 * Registers a test that asks PyTorch; without one it is skipped with the reason in
 * its name.
 *
 * @param name Subject and law.
 * @param test The test.
 */
export function withTorch(
  name: string,
  test: (run: RunTorch) => Promise<void>,
): void {
  if (python === null) {
    const reason = "no Python with PyTorch here";
    return Deno.test({
      name: `${name} [skipped: ${reason}]`,
      ignore: true,
      fn: () => {},
    });
  }
  Deno.test(name, () =>
    test(async (script, ...args) => {
      const { ok, out, error } = await runPython(python, script, args);
      if (!ok) throw new Error(error);
      return out;
    }));
}
