/** What a tuner remembers, without a device. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Choice } from "../../../../backends/webgpu/tune/product.ts";
import {
  adapterName,
  tuningMemory,
  type TuningStore,
} from "../../../../backends/webgpu/tune/tuning_memory.ts";
import {
  MOST_PRODUCTS,
  readTuning,
  tuningText,
} from "../../../../backends/webgpu/tune/tuning_text.ts";
import { value } from "../../contract.ts";
import { storeOf } from "./tuning_stores.ts";

const CARD = "a card";

const LARGE: Choice = { variant: "large", split: 2 };

const choices = (
  ...entries: readonly (readonly [string, Choice])[]
): ReadonlyMap<string, Choice> => new Map(entries);

const A = "1 of 64×48×32 NN";
const B = "12 of 7×5×3 TT bf16";

/** A memory with what it says. */
function memoryOf(store: TuningStore | null) {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  return { ...tuningMemory(store, CARD, say), said };
}

Deno.test("readTuning() gives back what tuningText() wrote", () => {
  const all = choices([A, LARGE], [B, { variant: "plain", split: 1 }]);
  deepStrictEqual(value(readTuning(tuningText(all, CARD), CARD)), all);
});

Deno.test("tuningText() leaves out the oldest of too many", () => {
  const all = choices(
    ...Array.from(
      { length: MOST_PRODUCTS + 3 },
      (_, i) => [`1 of ${i + 1}×8×8 NN`, LARGE] as const,
    ),
  );
  const read = value(readTuning(tuningText(all, CARD), CARD));
  strictEqual(read.size, MOST_PRODUCTS);
  ok(!read.has("1 of 3×8×8 NN") && read.has("1 of 4×8×8 NN"));
});

const changed = (change: (json: Record<string, unknown>) => void): string => {
  const json = JSON.parse(tuningText(choices([A, LARGE]), CARD));
  change(json);
  return JSON.stringify(json);
};

const entry = { product: A, ...LARGE };

const REFUSED: Readonly<Record<string, readonly [string, RegExp]>> = {
  "no JSON": ["{", /^it is damaged: this is no JSON$/],
  "another value": [
    "[]",
    /^it is damaged: input: found \[\], wanted an object/,
  ],
  "another card": [
    tuningText(choices([A, LARGE]), "B"),
    /^it is of another graphics card \(B\)$/,
  ],
  "another version": [
    changed((json) => json["version"] = 7),
    /^it is of version 7$/,
  ],
  "an unknown field": [
    changed((json) => json["more"] = 1),
    /^it is damaged: more: /,
  ],
  "an unknown tile": [
    changed((json) => json["products"] = [{ ...entry, variant: "huge" }]),
    /^it is damaged: \[0\]\.variant: found "huge"/,
  ],
  "a part of a sum": [
    changed((json) => json["products"] = [{ ...entry, split: 0.5 }]),
    /^it is damaged: \[0\]\.split: found 0\.5/,
  ],
  "another name": [
    changed((json) => json["products"] = [{ ...entry, product: "x" }]),
    /^it is damaged: \[0\]\.product: found "x"/,
  ],
  "too many products": [
    changed((json) =>
      json["products"] = Array.from({ length: MOST_PRODUCTS + 1 }, () => entry)
    ),
    /^it is damaged: .*wanted a list of 1 to 2000 items/,
  ],
  "too many characters": [
    `${tuningText(choices([A, LARGE]), CARD)}${" ".repeat(1e6)}`,
    /^it is too long$/,
  ],
};

for (const [what, [text, wanted]] of Object.entries(REFUSED)) {
  Deno.test(`tuningMemory() says why it does not use ${what}, and replaces it`, async () => {
    const store = storeOf(text);
    const { known, keep, said } = memoryOf(store);
    strictEqual((await known()).size, 0);
    await known();
    strictEqual(said.length, 1);
    const [head, words] = said[0]!.split("not used: a store: ");
    strictEqual(head, "");
    match(words!, wanted);
    strictEqual(await keep(choices([B, LARGE])), null);
    deepStrictEqual(
      value(readTuning(store.text()!, CARD)),
      choices([B, LARGE]),
    );
    strictEqual(said.length, 1);
  });
}

Deno.test("tuningMemory() adds to what others have saved in the meantime", async () => {
  const store = storeOf(null);
  const [one, other] = [memoryOf(store), memoryOf(store)];
  await Promise.all([one.known(), other.known()]);
  await one.keep(choices([A, LARGE]));
  await other.keep(choices([B, LARGE]));
  deepStrictEqual(
    value(readTuning(store.text()!, CARD)),
    choices([A, LARGE], [B, LARGE]),
  );
  deepStrictEqual([one.said, other.said], [[], []]);
});

Deno.test("tuningMemory() goes on with a store that fails, and without one", async () => {
  const failing: TuningStore = {
    load: () => Promise.reject(new Error("no reading")),
    save: () => Promise.reject(new Error("no writing")),
  };
  const memory = memoryOf(failing);
  strictEqual((await memory.known()).size, 0);
  deepStrictEqual(memory.said, [
    "not used: the memory of tuned products: no reading",
  ]);
  strictEqual(await memory.keep(choices([A, LARGE])), "no writing");
  deepStrictEqual(await memory.known(), choices([A, LARGE]));
  const without = memoryOf(null);
  strictEqual(
    await without.keep(choices([A, LARGE])),
    "there is no place for it",
  );
  deepStrictEqual(await without.known(), choices([A, LARGE]));
});

Deno.test("adapterName() has all that the runtime tells", () => {
  const told = { description: "A", vendor: "1", architecture: "", device: "9" };
  const name = (info: object) => adapterName(info as GPUAdapterInfo);
  strictEqual(name(told), "A · 1 · 9");
  strictEqual(name({ ...told, driver: "2.0" }), "A · 1 · 9 · 2.0");
  strictEqual(name({}), "");
});
