/** Writes the page as a folder that any server of files can show. */

const REPOSITORY = new URL("../../", import.meta.url);

const APP = new URL("./app/", import.meta.url);

/** Programs of the page, which share what both of them need. */
const PROGRAMS = ["main.ts", "worker.ts"] as const;

/** Files that are copied as they are. */
const TEXTS = ["index.html", "style.css"] as const;

const PICTURES = new URL(
  "./data/sources/known_sets/fashion_mnist/",
  REPOSITORY,
);

/** Binary of TensorFlow.js that is fetched where the page computes by WebAssembly. */
const WASM = "tfjs-backend-wasm-simd.wasm";

/** Names of programs that a program's text fetches. */
const fetchedBy = (text: string): readonly string[] =>
  [...text.matchAll(/"\.\/([\w-]+\.js)"/g)].map(([, name = ""]) => name);

/** Programs that others fetch, directly or not: the library has more than the page uses. */
async function reached(folder: string): Promise<ReadonlySet<string>> {
  const names = new Set(PROGRAMS.map((name) => name.replace(/ts$/, "js")));
  for (const name of names) {
    const text = await Deno.readTextFile(`${folder}/${name}`);
    fetchedBy(text).forEach((other) => names.add(other));
  }
  return names;
}

/** Bundles the programs for browsers. */
async function bundleInto(folder: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "browser", "--minify"],
      ...["--code-splitting", "--outdir", folder],
      ...PROGRAMS.map((name) => new URL(name, APP).pathname),
    ],
    cwd: REPOSITORY,
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return;
  throw new Error(`deno bundle: ${new TextDecoder().decode(stderr).trim()}`);
}

/** Writes the programs that the page uses. */
async function writePrograms(folder: string): Promise<void> {
  const bundled = await Deno.makeTempDir();
  try {
    await bundleInto(bundled);
    for (const name of await reached(bundled)) {
      await Deno.copyFile(`${bundled}/${name}`, `${folder}/${name}`);
    }
  } finally {
    await Deno.remove(bundled, { recursive: true });
  }
}

async function copyInto(
  folder: string,
  from: URL,
  names: readonly string[],
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const name of names) {
    await Deno.copyFile(new URL(name, from), `${folder}/${name}`);
  }
}

/** Names of the pictures and of their licence. */
const pictureNames = (): readonly string[] =>
  [...Deno.readDirSync(PICTURES)].map(({ name }) => name);

/**
 * Writes the page. All its addresses are relative, so that it can lie anywhere.
 *
 * @param folder Made if it is not there; files in it are replaced.
 * @throws Error If the programs cannot be bundled or the folder cannot be written.
 */
export async function writePage(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await writePrograms(folder);
  await copyInto(folder, APP, TEXTS);
  await copyInto(`${folder}/pictures`, PICTURES, pictureNames());
  const library = import.meta.resolve("@tensorflow/tfjs-backend-wasm");
  await copyInto(`${folder}/wasm`, new URL("./", library), [WASM]);
}
