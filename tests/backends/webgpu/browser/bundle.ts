/**
 * Programs for pages.
 *
 * @module
 */
import { join } from "node:path";
import config from "../../../../deno.json" with { type: "json" };

const REPOSITORY = new URL("../../../../", import.meta.url);

const from = (path: string): string => new URL(path, REPOSITORY).href;

/** What tests need of Deno and node, and what a page has instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  "node:assert/strict": from("tests/backends/webgpu/browser/assert.ts"),
  [from("tests/golden_files.ts")]: from(
    "tests/backends/webgpu/browser/golden_files.ts",
  ),
};

/**
 * Bundles a program for browsers.
 *
 * @param entry Its path in the repository.
 * @param instead Modules that take the place of others.
 * @returns The code, or why there is none: Deno fetches its bundler when it is first used.
 */
export async function bundled(
  entry: string,
  instead: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: string } | { readonly reason: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const [map, output] = [join(folder, "map.json"), join(folder, "page.js")];
    const imports = { ...config.imports, ...instead };
    await Deno.writeTextFile(map, JSON.stringify({ imports }));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["bundle", "--quiet", "--platform", "browser"],
        ...["--import-map", map, "--output", output, entry],
      ],
      cwd: REPOSITORY,
      env: { NO_COLOR: "1" },
    }).output();
    return success
      ? { code: await Deno.readTextFile(output) }
      : { reason: new TextDecoder().decode(stderr).trim() };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The program of the page that keeps the contract. */
export const bundledPage = () =>
  bundled("tests/backends/webgpu/browser/page.ts", INSTEAD);
