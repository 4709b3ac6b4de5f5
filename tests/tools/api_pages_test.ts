import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { categories, categoryList, symbolsOf } from "../../tools/api_pages.ts";

const ALL = await categories();

/** Categories that the whole package consists of; the others are for one place, and may repeat. */
const whole = await Deno.readTextFile(new URL("../../mod.ts", import.meta.url));
const PARTS = ALL.filter(({ name }) => whole.includes(`"./api/${name}.ts"`));

/** What it has beside them: it loads what draws when it is asked for. */
const OF_THE_WHOLE = ["Plots", "plots"];

Deno.test("every public symbol of the whole package is in one category", async () => {
  const names = PARTS.flatMap(({ symbols }) => symbols);
  deepStrictEqual(names.filter((name, i) => names.indexOf(name) !== i), []);
  deepStrictEqual(
    (await symbolsOf("./mod.ts")).filter((name) => !names.includes(name))
      .toSorted(),
    OF_THE_WHOLE,
  );
});

Deno.test("every category says in a sentence what people do with it", () => {
  ok(PARTS.length >= 9);
  for (const { name, summary } of ALL) match(summary, /^[A-Z].*\.$/s, name);
});

Deno.test("categoryList() names, counts and links every category", () => {
  const list = categoryList([
    { name: "plan", summary: "Plans <and costs>.", symbols: ["a", "b"] },
  ]);
  strictEqual(list.match(/<dt /g)?.length, 1);
  match(list, /href="\.\/plan\/index\.html">plan<\/a> · 2 symbols/);
  match(list, /Plans &lt;and costs>\./);
});
