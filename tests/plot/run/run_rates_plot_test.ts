import {
  doesNotMatch,
  match,
  notStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import { DEFAULT_PRETRAIN_CONFIG, planOf, ratesAt } from "../../../core/mod.ts";
import {
  DARK,
  layerColours,
  LIGHT,
  lossPlot,
  runRatesPlot,
} from "../../../plot/mod.ts";
import type { RatesPoint } from "../../../plot/run/run_rates_plot.ts";
import { right } from "../../right.ts";

const PLAN = right(planOf(DEFAULT_PRETRAIN_CONFIG, 204_800));

const recorded = (steps: number): readonly RatesPoint[] =>
  Array.from({ length: steps }, (_, step) => ({
    step,
    rates: ratesAt(PLAN)(step).layers,
  }));

const linesIn = (svg: string): number =>
  [...svg.matchAll(/<g [^>]*aria-label="line"[^>]*>(.*?)<\/g>/gs)]
    .map(([, paths = ""]) => [...paths.matchAll(/<path/g)].length)
    .reduce((a, b) => a + b, 0);

Deno.test("runRatesPlot() draws the plan, and over it the layers that were recorded", () => {
  const layers = PLAN.layers.length;
  strictEqual(linesIn(runRatesPlot(PLAN, [])), layers);
  strictEqual(linesIn(runRatesPlot(PLAN, recorded(3000))), 2 * layers);
});

Deno.test("runRatesPlot() and lossPlot() have the size that is wanted", () => {
  const size = { width: 400, height: 360 };
  const points = [{
    step: 0,
    loss: 1,
    stageLosses: { 0: 1, 1: 2, 2: 3, 3: 4 },
  }];
  for (
    const svg of [
      runRatesPlot(PLAN, recorded(9), { size }),
      lossPlot(points, { phases: PLAN.phases, size }),
    ]
  ) {
    match(svg, /^<svg [^>]*width="400"[^>]*/);
    match(svg, /^<svg [^>]*height="360"[^>]*/);
    doesNotMatch(svg, /a stage is pruned/, "there is no room for it");
  }
});

Deno.test("runRatesPlot() has no NaN and stays small, whatever the length of the record", () => {
  for (const steps of [0, 1, 2, PLAN.totalSteps]) {
    const svg = runRatesPlot(PLAN, recorded(steps));
    doesNotMatch(svg, /NaN|Infinity|undefined/);
    ok(svg.length < 400_000, `${svg.length} letters`);
  }
});

/** Relative luminance of a colour by WCAG 2. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = colour.startsWith("#")
    ? [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))
    : (colour.match(/\d+/g) ?? []).map(Number);
  const [red = 0, green = 0, blue = 0] = [r, g, b].map((level) => {
    const part = level / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const contrast = (one: string, other: string): number => {
  const [low = 0, high = 0] = [luminance(one), luminance(other)]
    .sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};

Deno.test("layerColours() and words can be told from the ground, light or dark, by WCAG 2", () => {
  for (const theme of [{ ...LIGHT, ground: "#ffffff" }, DARK]) {
    for (const colour of layerColours(13, theme)) {
      ok(contrast(colour, theme.ground) >= 2.4, `${colour} on ${theme.ground}`);
    }
    ok(contrast(theme.ink, theme.ground) >= 7);
    ok(contrast(theme.quiet, theme.ground) >= 4.5);
  }
});

Deno.test("lossPlot() and runRatesPlot() on dark ground differ from those on light in colours only", () => {
  const points = [{ step: 0, loss: 1, stageLosses: { 0: 1 } }];
  const loss = (theme?: typeof DARK) =>
    lossPlot(points, { phases: [], ...theme === undefined ? {} : { theme } });
  const rates = (theme: typeof DARK) =>
    runRatesPlot(PLAN, recorded(9), { theme });
  for (
    const [light, dark] of [[loss(), loss(DARK)], [rates(LIGHT), rates(DARK)]]
  ) {
    notStrictEqual(light, dark);
    match(dark ?? "", /background: ?#171b23/);
    doesNotMatch(dark ?? "", new RegExp(LIGHT.quiet));
    const shapes = (svg = "") =>
      [...svg.matchAll(/ d="([^"]*)"/g)].map(([, d]) => d);
    strictEqual(shapes(light).join(), shapes(dark).join());
  }
});
