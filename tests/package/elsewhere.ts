/**
 * Folders of users that know nothing of this repository's `deno.json`.
 *
 * @module
 */
import { join } from "node:path";

/** How a script ended. */
export interface ScriptEnd {
  /** Exit code. */
  readonly code: number;
  /** What it wrote, with what it complained of behind it. */
  readonly text: string;
}

/**
 * Runs a script in a new folder with a `deno.json` of its own.
 *
 * @param script Its code.
 * @param config Content of the `deno.json`.
 */
export async function runElsewhere(
  script: string,
  config: object = {},
): Promise<ScriptEnd> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(config));
    await Deno.writeTextFile(join(folder, "script.ts"), script);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "script.ts"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    const text = [stdout, stderr].map((each) => new TextDecoder().decode(each));
    return { code, text: text.join("").trim() };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
