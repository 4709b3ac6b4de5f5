import fc from "fast-check";
import { doesNotMatch, match, strictEqual } from "node:assert/strict";
import { accuracyPlot } from "../../../plot/run/accuracy_plot.ts";

const part = fc.double({ min: 0, max: 1, noNaN: true });

const series = fc.record({
  name: fc.stringMatching(/^[a-z]{3,8}$/),
  points: fc.array(fc.record({ cost: part, accuracy: part }), {
    maxLength: 4,
  }),
});

const count = (text: string, of: RegExp): number => text.match(of)?.length ?? 0;

Deno.test("accuracyPlot() draws a ring for every run, a disc for every kind that has one, and no number that is none", () => {
  fc.assert(
    fc.property(fc.array(series, { maxLength: 4 }), (all) => {
      const svg = accuracyPlot([{ title: "top-1", cost: "time", series: all }]);
      const runs = all.reduce((sum, { points }) => sum + points.length, 0);
      const kinds = all.filter(({ points }) => points.length > 0).length;
      strictEqual(count(svg, /r="2.5"/g), runs);
      strictEqual(count(svg, /r="5"/g), kinds);
      doesNotMatch(svg, /NaN|undefined|Infinity/);
    }),
    { numRuns: 20 },
  );
});

Deno.test("accuracyPlot() puts panels below each other with their titles", () => {
  const svg = accuracyPlot([
    { title: "fine-tuned", cost: "time", series: [] },
    { title: "linear", cost: "time", series: [] },
  ]);
  match(svg, /fine-tuned[\s\S]*translate\(0 [1-9]\d*\)[\s\S]*linear/);
});
