/**
 * Lint plugin: imports run one way between rooms and within them, and each fenced
 * library has one door.
 */
import {
  importedPath,
  innerRoomOf,
  libraryOf,
  MAY_IMPORT,
  mayImportWithin,
  pathInRepository,
  roomOf,
} from "./rooms.ts";

/** Places where a library may be imported: paths that begin with one of these. */
const DOORS: ReadonlyMap<string, readonly string[]> = new Map([
  ["fp-ts", ["core/fp.ts"]],
  ["io-ts", ["core/codec/codec.ts"]],
  ["@tensorflow", ["backends/tfjs/", "tests/backends/", "bench/peers/"]],
  ["@jax-js", ["bench/peers/"]],
]);

/** Examples are there to be read and copied: only tests know them. */
const isProduct = (path: string): boolean => !/^(examples|tests)\//.test(path);

/** The file that says the version of the program. */
const VERSIONED = "deno.json";

/** Fault of one import, or `null`. */
function objection(path: string, specifier: string): string | null {
  const from = roomOf(path);
  const target = importedPath(path, specifier);
  if (target === null) return libraryObjection(path, libraryOf(specifier));
  if (isProduct(path) && target.startsWith("examples/")) {
    return `${path.split("/")[0]}/ may not know ${target}`;
  }
  const to = roomOf(target);
  if (from === null || (from === "cli" && target === VERSIONED)) return null;
  if (from === to) return innerObjection(path, target);
  return to !== null && MAY_IMPORT[from].includes(to)
    ? null
    : `${from}/ may not know ${target}`;
}

/** Within a room, imports run the one way of its inner rooms. */
const innerObjection = (path: string, target: string): string | null =>
  mayImportWithin(path, target)
    ? null
    : `${innerRoomOf(path)}/ may not know ${target}`;

/** A library must come through its door; the core has no other libraries. */
function libraryObjection(path: string, library: string): string | null {
  const doors = DOORS.get(library);
  if (doors === undefined) {
    return roomOf(path) === "core" ? `core/ may not know ${library}` : null;
  }
  return doors.some((door) => path.startsWith(door))
    ? null
    : `import ${library} only in ${doors.join(" or ")}`;
}

/** Imports run one way: `core ← backends, data ← train ← cli`, `core ← plot ← cli`. */
const plugin: Deno.lint.Plugin = {
  name: "rooms",
  rules: {
    imports: {
      create(context) {
        const path = pathInRepository(context.filename);
        const check = (source: Deno.lint.Node | null | undefined): void => {
          if (source?.type !== "Literal" || typeof source.value !== "string") {
            return;
          }
          const message = objection(path, source.value);
          if (message !== null) context.report({ node: source, message });
        };
        return {
          ImportDeclaration: ({ source }) => check(source),
          ImportExpression: ({ source }) => check(source),
          ExportAllDeclaration: ({ source }) => check(source),
          ExportNamedDeclaration: ({ source }) => check(source),
        };
      },
    },
  },
};
export default plugin;
