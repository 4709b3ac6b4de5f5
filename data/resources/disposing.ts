/**
 * Runs with a thing that is disposed of afterwards, however the run ends: `using` for
 * runtimes that cannot read that word yet.
 *
 * @param thing The thing, or a promise of it.
 * @param run What to do with it.
 * @returns What the run gives; its error where it throws.
 *
 * @example
 * ```ts
 * import { disposing } from "./disposing.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const said: string[] = [];
 * const thing = { [Symbol.dispose]: () => void said.push("disposed of") };
 * const result = await disposing(thing, () => said.push("used"));
 * deepStrictEqual([result, said], [1, ["used", "disposed of"]]);
 * ```
 */
export async function disposing<Thing extends Disposable, Result>(
  thing: Thing | Promise<Thing>,
  run: (thing: Thing) => Result | Promise<Result>,
): Promise<Result> {
  const held = await thing;
  try {
    return await run(held);
  } finally {
    held[Symbol.dispose]();
  }
}
