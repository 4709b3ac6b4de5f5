/** The rooms of the house and which may know which. */

/** Folders whose imports run one way only. */
export type Room =
  | "core"
  | "backends"
  | "data"
  | "ranks"
  | "train"
  | "plot"
  | "notebook"
  | "web"
  | "cli";

/** For each room, the other rooms that it may import. */
export const MAY_IMPORT: Readonly<Record<Room, readonly Room[]>> = {
  core: [],
  backends: ["core"],
  data: ["core"],
  ranks: ["core"],
  train: ["core", "backends", "data", "ranks"],
  plot: ["core"],
  notebook: ["core", "backends", "data", "train", "plot"],
  web: ["core", "backends", "data", "train"],
  cli: ["core", "backends", "data", "ranks", "train", "plot"],
};

/** Rooms of the program that every other one of it may import. */
const CLI_BASE = ["cli/flags", "cli/output", "cli/command"];

/**
 * For each inner room, the inner rooms that it may import. A file lies in the innermost
 * room that is listed here; one in a room that is not listed may import all, as the
 * `mod.ts` of a room does. Every file may import its own room, and the files at the top
 * of the house's room but for `mod.ts`, such as `train/train_error.ts`.
 */
export const INNER_ROOMS: Readonly<Record<string, readonly string[]>> = {
  "core/codec": [],
  "core/graph": [],
  "core/random": [],
  "core/schedule": [],
  "core/nn": ["core/graph", "core/random"],
  "core/optim": ["core/codec", "core/graph"],
  "core/models": [
    ...["core/codec", "core/graph", "core/random", "core/nn", "core/optim"],
  ],
  "core/config": ["core/codec", "core/schedule", "core/optim", "core/models"],
  "core/plan": [
    ...["core/codec", "core/graph", "core/schedule", "core/nn", "core/optim"],
    ...["core/models", "core/config"],
  ],
  "core/fit": [
    ...["core/graph", "core/schedule", "core/models", "core/config"],
    "core/plan",
  ],
  "backends/webgpu/wgsl": [],
  "backends/webgpu/device": ["backends/webgpu/wgsl"],
  "backends/webgpu/kernels": ["backends/webgpu/wgsl"],
  "backends/webgpu/compile": [
    "backends/webgpu/wgsl",
    "backends/webgpu/kernels",
  ],
  "backends/webgpu/runtime": ["backends/webgpu/wgsl"],
  "backends/webgpu/tune": [
    ...["backends/webgpu/wgsl", "backends/webgpu/kernels"],
    ...["backends/webgpu/compile", "backends/webgpu/device"],
    "backends/webgpu/runtime",
  ],
  "ranks/mpi": [],
  "data/report": [],
  "data/resources": [],
  "data/image": ["data/report"],
  "data/augment": ["data/image"],
  "data/decode": ["data/image", "data/report", "data/resources"],
  "data/decode/resample": ["data/image"],
  "data/transforms": [
    "data/image",
    "data/report",
    "data/augment",
    "data/decode/resample",
  ],
  "data/sources": ["data/image", "data/report", "data/resources"],
  ...roomsOfSources(["folder", "tar", "parquet", "known_sets"]),
  "data/sources/opening": [
    ...["data/image", "data/report", "data/resources", "data/sources"],
    ...["data/sources/folder", "data/sources/tar", "data/sources/parquet"],
    "data/sources/known_sets",
  ],
  "data/classes": ["data/image", "data/report", "data/resources"],
  "data/loader": [
    ...["data/image", "data/report", "data/resources"],
    ...["data/decode", "data/transforms", "data/sources"],
  ],
  "train/files": [],
  "train/engine": ["train/files"],
  "train/tasks": ["train/engine"],
  "train/checkpoint": ["train/files", "train/engine", "train/tasks"],
  "train/run": ["train/files", "train/engine", "train/checkpoint"],
  "train/ranks": ["train/engine", "train/checkpoint"],
  "train/run/tensorboard": ["train/files", "train/engine", "train/run"],
  "train/run/follow": [
    ...["train/files", "train/engine", "train/tasks", "train/checkpoint"],
    "train/run",
  ],
  "train/weights/encoder": ["train/files", "train/engine", "train/tasks"],
  "train/weights/torch": ["train/files"],
  "train/weights/export": [
    ...["train/files", "train/engine", "train/weights/encoder"],
  ],
  "train/weights": [
    ...["train/files", "train/engine", "train/tasks", "train/checkpoint"],
    ...["train/run", "train/weights/encoder", "train/weights/torch"],
  ],
  "train/weights/classifier": [
    ...["train/files", "train/engine", "train/tasks", "train/checkpoint"],
    ...["train/run", "train/weights", "train/weights/encoder"],
  ],
  "train/evaluate": [
    ...["train/engine", "train/tasks", "train/ranks", "train/weights/encoder"],
  ],
  "train/predict": [
    ...["train/engine", "train/tasks", "train/evaluate", "train/weights"],
    ...["train/weights/encoder", "train/weights/classifier"],
  ],
  "cli/flags": [],
  "cli/output": [],
  "cli/watch": ["cli/output"],
  "cli/command": ["cli/flags", "cli/output"],
  "cli/images": CLI_BASE,
  "cli/runs": [...CLI_BASE, "cli/images"],
  "cli/pretrain": [...CLI_BASE, "cli/images", "cli/runs"],
  "cli/evaluate": [...CLI_BASE, "cli/images", "cli/runs"],
  "cli/gain": [...CLI_BASE, "cli/images", "cli/runs", "cli/evaluate"],
  "cli/predict": [...CLI_BASE, "cli/images", "cli/evaluate"],
  "cli/classic": [...CLI_BASE, "cli/images", "cli/runs", "cli/evaluate"],
  "cli/find": [...CLI_BASE, "cli/images", "cli/runs", "cli/pretrain"],
  "cli/compare": [...CLI_BASE, "cli/images", "cli/runs", "cli/evaluate"],
};

/** Kinds of sources, none of which knows another. */
function roomsOfSources(
  kinds: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  const may = ["data/image", "data/report", "data/resources", "data/sources"];
  return Object.fromEntries(
    kinds.map((kind) => [`data/sources/${kind}`, may]),
  );
}

const REPOSITORY = new URL("../", import.meta.url);

const PACKAGE = "@vitfreeze/vitfreeze";

/**
 * Path of a file from the top of the repository.
 *
 * @param filename Absolute, or from the top already.
 * @returns For example `core/result.ts`.
 */
export function pathInRepository(filename: string): string {
  const { pathname } = new URL(filename, REPOSITORY);
  return pathname.startsWith(REPOSITORY.pathname)
    ? pathname.slice(REPOSITORY.pathname.length)
    : pathname;
}

/**
 * Room in which a file lies.
 *
 * @param path From the top of the repository.
 * @returns The room, or `null` for programs, tests, tools and `mod.ts`, which may know all.
 */
export function roomOf(path: string): Room | null {
  const folder = path.split("/")[0] ?? "";
  return Object.hasOwn(MAY_IMPORT, folder) ? folder as Room : null;
}

/**
 * Innermost listed room in which a file lies.
 *
 * @param path From the top of the repository.
 * @returns The path of the room, or `null` if none is listed.
 */
export function innerRoomOf(path: string): string | null {
  const folders = path.split("/").slice(0, -1);
  for (let depth = folders.length; depth > 0; depth--) {
    const room = folders.slice(0, depth).join("/");
    if (Object.hasOwn(INNER_ROOMS, room)) return room;
  }
  return null;
}

/**
 * Check that an import within a room of the house runs the one way of its inner rooms.
 *
 * @param path The importing file, from the top of the repository.
 * @param target The imported file.
 */
export function mayImportWithin(path: string, target: string): boolean {
  const from = innerRoomOf(path);
  if (from === null || roomOf(path) !== roomOf(target)) return true;
  if (/^\w+\/(?!mod\.ts$)[^/]+$/.test(target)) return true;
  const to = innerRoomOf(target);
  return to === from || (to !== null && INNER_ROOMS[from]!.includes(to));
}

/**
 * Place that an import names.
 *
 * @param path The importing file, from the top of the repository.
 * @param specifier Text between the quotes.
 * @returns A path from the top for our own files, `null` for a library.
 */
export function importedPath(path: string, specifier: string): string | null {
  if (/^\.{0,2}\//.test(specifier)) {
    return pathInRepository(new URL(specifier, new URL(path, REPOSITORY)).href);
  }
  if (specifier === PACKAGE) return "mod.ts";
  return specifier.startsWith(`${PACKAGE}/`)
    ? `api/${specifier.slice(PACKAGE.length + 1)}.ts`
    : null;
}

/**
 * Name of the library that an import names, without scheme, version and sub-path.
 *
 * @param specifier Text between the quotes.
 * @returns For example `fp-ts` for `npm:fp-ts@2.16.11/Either`, `@tensorflow` for any of its packages.
 */
export function libraryOf(specifier: string): string {
  const [name = ""] = specifier.replace(/^(npm|jsr):\/?/, "").split("/");
  return name.startsWith("@") ? name : name.replace(/@.*$/, "");
}
