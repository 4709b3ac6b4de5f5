import {
  deepStrictEqual,
  doesNotMatch,
  match,
  ok,
  strictEqual,
} from "node:assert/strict";
import { type FreezeMap, freezeMapPlot } from "../../../plot/mod.ts";

const MAP: FreezeMap = {
  layers: ["patch embed", "block 0"],
  times: [0.25, 0.5, 0.75],
  rises: [[0.004, -0.0021, 0], [0.123, Infinity, null]],
  proposed: [0, null],
  share: 0.01,
  words: "three < four",
};

/** Words of a picture, in order. */
const wordsOf = (svg: string): readonly string[] =>
  [...svg.matchAll(/>([^<>]+)<\/text>/g)].map(([, word = ""]) => word);

const fillsOf = (svg: string): readonly string[] =>
  [...svg.matchAll(/<rect [^>]*fill="(rgb[^"]+)"/g)].map(([, fill = ""]) =>
    fill
  );

Deno.test("freezeMapPlot() has a number for each trial, a cross for one that went wrong, and nothing where none was made", () => {
  const svg = freezeMapPlot(MAP);
  const words = wordsOf(svg);
  for (const word of ["patch embed", "block 0", "25 %", "50 %", "75 %"]) {
    strictEqual(words.filter((one) => one === word).length, 1, word);
  }
  for (const word of ["0.4", "−0.2", "0.0", "12", "✕"]) {
    strictEqual(words.filter((one) => one === word).length, 1, word);
  }
  match(svg, /less than 1 %/);
  match(svg, /three &lt; four/);
  doesNotMatch(svg, /NaN|undefined|Infinity/);
});

Deno.test("freezeMapPlot() frames what is proposed, and colours by what is accepted", () => {
  const framesOf = (svg: string): number =>
    (svg.match(/<g [^>]*stroke="#1f2430" fill="none".*?<\/g>/s)?.[0]
      .match(/<rect/g) ?? []).length;
  strictEqual(framesOf(freezeMapPlot(MAP)), 1);
  strictEqual(framesOf(freezeMapPlot({ ...MAP, proposed: [0, 1] })), 2);
  strictEqual(framesOf(freezeMapPlot({ ...MAP, proposed: [] })), 0);
  const at = (share: number) => fillsOf(freezeMapPlot({ ...MAP, share }));
  const [strict, lax] = [at(0.001), at(1)];
  ok(strict.length > 0);
  ok(strict.some((fill, i) => fill !== lax[i]));
  deepStrictEqual(at(0), at(0.001), "no share is not divided by");
});

Deno.test("freezeMapPlot() has two digits where the share is small, and finer times where they are close", () => {
  const fine = wordsOf(freezeMapPlot({ ...MAP, share: 0.002 }));
  ok(fine.includes("0.40") && fine.includes("−0.21"));
  const close = wordsOf(freezeMapPlot({ ...MAP, times: [0.25, 0.255, 0.26] }));
  ok(close.includes("25.5 %"));
});
