import { deepStrictEqual } from "node:assert/strict";
import { importedPath, MAY_IMPORT } from "../../tools/rooms.ts";

const TOP = new URL("../../", import.meta.url);

/** What stands between the quotes of imports and re-exports, types included. */
const SPECIFIER =
  /^(?:import|export)\b[^;"]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"/gm;

/** All files of the product, from the top of the repository. */
function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, TOP))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesIn(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

/** The files of the product that a file imports. */
const importsOf = (path: string, text: string): readonly string[] =>
  [...text.matchAll(SPECIFIER)].flatMap(([, from, bare]) => {
    const target = importedPath(path, from ?? bare ?? "");
    return target === null ? [] : [target];
  });

type Imports = ReadonlyMap<string, readonly string[]>;

const productImports = (): Imports =>
  new Map(
    Object.keys(MAY_IMPORT).flatMap((room) => [...filesIn(room)]).map((
      path,
    ) => [
      path,
      importsOf(path, Deno.readTextFileSync(new URL(path, TOP))),
    ]),
  );

/** Files that reach each other: Tarjan's strongly connected components of more than one. */
function circlesOf(imports: Imports): readonly (readonly string[])[] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const visit = (path: string): number => {
    const own = order.size;
    order.set(path, own);
    lowest.set(path, own);
    open.push(path);
    for (const next of imports.get(path) ?? []) {
      const reached = !order.has(next)
        ? visit(next)
        : open.includes(next)
        ? order.get(next)!
        : own;
      lowest.set(path, Math.min(lowest.get(path)!, reached));
    }
    if (lowest.get(path) === own) {
      const circle = open.splice(open.indexOf(path)).sort();
      if (circle.length > 1) circles.push(circle);
    }
    return lowest.get(path)!;
  };
  for (const path of imports.keys()) if (!order.has(path)) visit(path);
  return circles.sort((a, b) => a[0]! < b[0]! ? -1 : 1);
}

Deno.test("circlesOf() finds files that reach each other, and no others", () => {
  const imports = new Map([
    ["a", ["b", "d"]],
    ["b", ["c"]],
    ["c", ["b", "d"]],
    ["d", []],
    ["e", ["f"]],
    ["f", ["g", "d"]],
    ["g", ["e"]],
  ]);
  deepStrictEqual(circlesOf(imports), [["b", "c"], ["e", "f", "g"]]);
});

Deno.test("importsOf() sees imports and re-exports, of types too, over several lines", () => {
  const text = `import { a } from "./a.ts";
import type {
  B,
} from "../core/b.ts";
export * from "./c.ts";
export { type D } from "./d.ts";
import "./e.ts";
import sharp from "sharp";
/**
 * import { f } from "./f.ts";
 */
`;
  deepStrictEqual(importsOf("data/x.ts", text), [
    ...["data/a.ts", "core/b.ts", "data/c.ts", "data/d.ts", "data/e.ts"],
  ]);
});

Deno.test("no files of the product import each other in a circle", () => {
  deepStrictEqual(circlesOf(productImports()), []);
});
