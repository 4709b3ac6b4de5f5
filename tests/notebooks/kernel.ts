/**
 * Notebooks run without a window, where the machine has Jupyter's client.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { uncovered } from "../uncovered.ts";

/** An output of a cell. */
export interface Output {
  readonly kind: "display" | "result" | "stream" | "error";
  /** Forms by MIME type, of what is shown. */
  readonly data?: Readonly<Record<string, string | readonly string[]>>;
  readonly text?: string;
}

/** A cell that was run. */
export interface RunCell {
  readonly source: string;
  readonly outputs: readonly Output[];
  /** Pictures that were replaced while it ran. */
  readonly updates: number;
}

/** Pythons in which Debian's `jupyter-client` may be. */
const PYTHONS = ["python3", "/usr/bin/python3"] as const;

async function succeeds(command: string, args: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, {
      args,
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

/** A Python that has Jupyter's client, `null` where there is none. */
export async function jupyterPython(): Promise<string | null> {
  for (const python of PYTHONS) {
    if (await succeeds(python, ["-c", "import jupyter_client"])) return python;
  }
  return null;
}

const KERNEL = "deno-of-the-test";

/** A kernel of this Deno in a folder of Jupyter's data; nobody's home is written to. */
async function writeKernel(data: string): Promise<void> {
  const folder = join(data, "kernels", KERNEL);
  await Deno.mkdir(folder, { recursive: true });
  const kernel = {
    argv: [
      Deno.execPath(),
      "jupyter",
      "--kernel",
      "--conn",
      "{connection_file}",
    ],
    "display_name": "Deno",
    language: "typescript",
  };
  await Deno.writeTextFile(join(folder, "kernel.json"), JSON.stringify(kernel));
}

/**
 * Runs the code cells of a notebook one after another, up to the first error.
 *
 * @param python A Python with Jupyter's client.
 * @param notebook Its file.
 * @param seconds Time for a cell.
 */
export async function runNotebook(
  python: string,
  notebook: URL,
  seconds = 900,
): Promise<readonly RunCell[]> {
  const data = await Deno.makeTempDir({ prefix: "jupyter-" });
  try {
    await writeKernel(data);
    const program = fileURLToPath(new URL("run_notebook.py", import.meta.url));
    const { success, stdout, stderr } = await new Deno.Command(python, {
      args: [program, fileURLToPath(notebook), KERNEL, `${seconds}`],
      clearEnv: true,
      env: {
        ...uncovered(),
        NO_COLOR: "1",
        JUPYTER_PATH: data,
        JUPYTER_DATA_DIR: data,
        JUPYTER_CONFIG_DIR: data,
        JUPYTER_RUNTIME_DIR: join(data, "runtime"),
      },
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}
