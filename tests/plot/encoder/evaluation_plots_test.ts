import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  accuracyBars,
  attentionSheet,
  confusionPlot,
  mapThumbnails,
  pictureMap,
} from "../../../plot/mod.ts";

const image = {
  width: 2,
  height: 2,
  channels: 1 as const,
  pixels: Uint8Array.of(0, 80, 160, 240),
};

/** Text of the texts of a picture. */
const textsOf = (svg: string): readonly string[] =>
  [...svg.matchAll(/<text[^>]*>(?:<tspan[^>]*>)?([^<]*)/g)].map(([, text]) =>
    text ?? ""
  );

Deno.test("confusionPlot() has a cell for each pair and the counts that are not 0", () => {
  const svg = confusionPlot({
    title: "Pets",
    names: ["cat", "dog & <co>"],
    counts: [7, 0, 5, 31],
  });
  strictEqual(svg.match(/<rect[^>]*rx="2"/g)?.length, 4);
  const texts = textsOf(svg);
  for (const text of ["7", "5", "31", "cat", "dog &amp; &lt;co&gt;"]) {
    ok(texts.includes(text), `${text} in ${texts}`);
  }
  strictEqual(texts.includes("0"), false);
});

Deno.test("confusionPlot() of many classes leaves numbers out and has room for all names", () => {
  const classes = 60;
  const svg = confusionPlot({
    title: "Many",
    names: Array.from({ length: classes }, (_, i) => `class ${i}`),
    counts: new Int32Array(classes ** 2).fill(3),
  });
  strictEqual(textsOf(svg).includes("3"), false);
  strictEqual(
    textsOf(svg).filter((text) => text === "class 59").length,
    2,
  );
});

Deno.test("accuracyBars() draws a bar and its interval for each accuracy, in groups", () => {
  const bars = ["a", "b"].flatMap((group) =>
    [0.25, 0.5].map((accuracy, i) => ({
      ...{ group, accuracy, name: `start ${i}` },
      interval: [accuracy - 0.1, accuracy + 0.1] as const,
    }))
  );
  const svg = accuracyBars(
    { title: "Found", floor: 0.1, floorName: "frequent" },
    bars,
  );
  const texts = textsOf(svg);
  strictEqual(texts.filter((text) => text === "25.0").length, 2);
  strictEqual(texts.filter((text) => text === "50.0").length, 2);
  // The names of the starts once, however many groups there are.
  strictEqual(texts.filter((text) => text === "● start 0").length, 1);
  match(svg, /frequent/);
});

const points = fc.array(
  fc.record({
    x: fc.integer({ min: -50, max: 50 }),
    y: fc.integer({ min: -50, max: 50 }),
    label: fc.constantFrom(null, 0, 1, 40),
  }),
  { maxLength: 60 },
);

Deno.test("pictureMap() puts every picture inside of its edges, as a point or small", () =>
  fc.assert(
    fc.asyncProperty(points, async (all) => {
      const numbers = mapThumbnails(all, 5);
      strictEqual(numbers.length <= 5, true);
      strictEqual(all.length === 0 || numbers[0] === 0, true);
      const svg = await pictureMap({
        title: "Map",
        names: ["cat", "dog"],
        points: all,
        thumbnails: new Map(numbers.map((number) => [number, image])),
      });
      const [, width = 0, height = 0] =
        svg.match(/width="(\d+)" height="(\d+)"/)?.map(Number) ?? [];
      const dots = [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)" r="3.4"/g)];
      const small = [...svg.matchAll(/translate\(([-\d.]+) ([-\d.]+)\)/g)];
      strictEqual(small.length, numbers.length);
      strictEqual(dots.length, all.length - numbers.length);
      for (const [, x, y] of [...dots, ...small]) {
        ok(Number(x) >= 0 && Number(x) <= width - 38);
        ok(Number(y) >= 0 && Number(y) <= height);
      }
    }),
    { numRuns: 20 },
  ));

Deno.test("mapThumbnails() cover each other nowhere", () => {
  const all = Array.from({ length: 400 }, (_, i) => ({
    ...{ x: (i * 37) % 101, y: (i * 53) % 97, label: null },
  }));
  const numbers = mapThumbnails(all, 400);
  ok(numbers.length > 50 && numbers.length < 400);
  // 700 pixels from top to bottom hold 96 units, 806 across hold 100.
  const placed = numbers.map((number) => {
    const { x, y } = all[number] ?? { x: NaN, y: NaN };
    return [x * 806 / 100, y * 662 / 96] as const;
  });
  placed.forEach(([x, y], i) =>
    placed.slice(i + 1).forEach(([a, b]) =>
      ok(Math.max(Math.abs(a - x), Math.abs(b - y)) >= 38)
    )
  );
});

Deno.test("attentionSheet() draws a square for each patch, the brightest where most weight lies", async () => {
  const svg = await attentionSheet("Attention", ["one", "two"], [
    { image, maps: [[0.1, 0.4, 0.2, 0.3], [0, 0, 0, 0]] },
  ]);
  const fills = [
    ...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)"[^>]*fill="(rgb[^"]*)"/g),
  ]
    .map(([, x, y, fill]) => [Number(x), Number(y), fill] as const);
  strictEqual(fills.length, 8);
  deepStrictEqual(
    fills.filter(([, , fill]) => fill === "rgb(252,253,191)"),
    [[66, 0, "rgb(252,253,191)"]],
  );
  // Equal weights are all as dark.
  strictEqual(new Set(fills.slice(4).map(([, , fill]) => fill)).size, 1);
  strictEqual(svg.match(/<image/g)?.length, 3);
});
