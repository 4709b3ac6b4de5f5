// deno-lint-ignore-file no-console
/**
 * The documentation of what is public as pages, a category for each entry of the package.
 *
 * ```sh
 * deno task api FOLDER
 * ```
 */
import { join, resolve } from "node:path";
import config from "../deno.json" with { type: "json" };

const ROOT = new URL("../", import.meta.url);

/** What people do, and what is public for it: an entry of the package. */
export interface Category {
  /** Its name: that of the entry, for example `plan`. */
  readonly name: string;
  /** First paragraph of its documentation. */
  readonly summary: string;
  /** Names of its symbols. */
  readonly symbols: readonly string[];
}

/** Files of the entries but the whole, by the names of their categories. */
export const ENTRIES: ReadonlyMap<string, string> = new Map(
  Object.entries(config.exports).filter(([entry]) => entry !== ".")
    .map(([entry, file]) => [entry.replace("./", ""), file]),
);

/** What `deno doc --json` says of a file. */
interface DocumentedFile {
  readonly "module_doc"?: { readonly doc?: string };
  readonly symbols: readonly { readonly name: string }[];
}

/** Runs `deno doc`; gives what it prints. */
async function documentation(args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--quiet", ...args],
    cwd: ROOT,
  }).output();
  const said = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(said(stderr));
  return said(stdout);
}

/** Symbols and documentation of a file of the package. */
async function documentedFile(file: string): Promise<DocumentedFile> {
  const { nodes } = JSON.parse(await documentation(["--json", file]));
  return nodes[new URL(file, ROOT).href];
}

/** Names of all that a file exports. */
export const symbolsOf = async (file: string): Promise<readonly string[]> =>
  (await documentedFile(file)).symbols.map(({ name }) => name);

/** The categories in the order of the entries. */
export async function categories(): Promise<readonly Category[]> {
  const found: Category[] = [];
  for (const [name, file] of ENTRIES) {
    const { "module_doc": own, symbols } = await documentedFile(file);
    const [summary = ""] = (own?.doc ?? "").split("\n\n");
    found.push({
      name,
      summary: summary.trim(),
      symbols: symbols.map(({ name }) => name),
    });
  }
  return found;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** The categories as a list for the first page. */
export const categoryList = (all: readonly Category[]): string =>
  `<dl>${
    all.map(({ name, summary, symbols }) =>
      `<dt style="font-weight:bold"><a class="link" href="./${name}/index.html">${name}</a> · ${symbols.length} symbols</dt><dd style="margin-bottom:1em">${
        escaped(summary)
      }</dd>`
    ).join("")
  }</dl>`;

/** Place of the first page that is for such a list. */
const EMPTY = "<main></main>";

if (import.meta.main) {
  const [folder] = Deno.args;
  if (folder === undefined) {
    console.error("deno task api FOLDER: where the pages are to be written");
    Deno.exit(2);
  }
  const files = [...ENTRIES.values()];
  const output = resolve(folder);
  await documentation([
    ...["--html", `--name=${config.name}`, `--output=${output}`],
    ...files,
  ]);
  const index = join(output, "index.html");
  const page = await Deno.readTextFile(index);
  if (!page.includes(EMPTY)) throw new Error(`${index}: no ${EMPTY} in it`);
  const list = categoryList(await categories());
  await Deno.writeTextFile(
    index,
    page.replace(EMPTY, () => `<main>${list}</main>`),
  );
  console.log(index);
}
