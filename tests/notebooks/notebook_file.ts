/**
 * The notebooks of the examples, as they are stored.
 *
 * @module
 */

/** A cell. */
export interface StoredCell {
  readonly "cell_type": "code" | "markdown";
  readonly source: readonly string[];
  /** Of a code cell. */
  readonly outputs?: readonly unknown[];
  /** Of a code cell. */
  readonly "execution_count"?: number | null;
}

/** Names of the notebooks. */
export const NOTEBOOKS = ["plan", "train", "features"] as const;

/** Folder of the notebooks. */
export const FOLDER = new URL("../../examples/notebooks/", import.meta.url);

/** The cells of a notebook. */
export async function cellsOf(name: string): Promise<readonly StoredCell[]> {
  const text = await Deno.readTextFile(new URL(`${name}.ipynb`, FOLDER));
  return JSON.parse(text).cells;
}

/** The code of a notebook as one module. */
export async function codeOf(name: string): Promise<string> {
  const cells = await cellsOf(name);
  return cells.filter((cell) => cell.cell_type === "code")
    .map(({ source }) => `${source.join("")}\n;`)
    .join("\n");
}
