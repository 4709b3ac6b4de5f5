import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { segmentationSheet } from "../../../plot/mod.ts";

const IMAGE = {
  ...{ width: 2, height: 2, channels: 1 as const },
  pixels: Uint8Array.of(0, 80, 160, 240),
};

/** Colours of the legend by name. */
const legendOf = (svg: string): ReadonlyMap<string, string> =>
  new Map(
    Array.from(
      svg.matchAll(/fill="(rgb\([^"]+\))"\/><text[^>]*>([^<]*)</g),
      ([, colour = "", name = ""]) => [name, colour],
    ),
  );

Deno.test("segmentationSheet() draws a picture and as many panels in each row, with their captions", async () => {
  const panels = [{ classes: [0, 0, 1, -1] }, {
    classes: [0, 1, 1, 1],
    caption: "75 %",
  }];
  const rows = [{ image: IMAGE, panels }, { image: IMAGE, panels }];
  const names = ["ground", "<cat> & dog"];
  const svg = await segmentationSheet("A & B", ["mask", "found"], rows, names);
  strictEqual(svg.match(/<image /g)?.length, 6);
  strictEqual(svg.match(/75 %/g)?.length, 2);
  match(svg, /A &amp; B/);
  // Every picture lies within the sheet.
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
  for (const [, x, y] of svg.matchAll(/<image x="(\d+)" y="(\d+)"/g)) {
    ok(Number(x) + 132 <= Number(width) && Number(y) + 132 <= Number(height));
  }
  deepStrictEqual([...legendOf(svg).keys()], [
    "ground",
    "&lt;cat&gt; &amp; dog",
  ]);
});

Deno.test("segmentationSheet() names the classes that are seen, each in a colour of its own", async () => {
  const names = Array.from({ length: 30 }, (_, label) => `class ${label}`);
  const image = { ...IMAGE, width: 6, height: 4, pixels: new Uint8Array(24) };
  const classes = Array.from({ length: 24 }, (_, at) => at);
  const rows = [{ image, panels: [{ classes }] }];
  const legend = legendOf(await segmentationSheet("", ["mask"], rows, names));
  strictEqual(legend.size, 24);
  strictEqual(new Set(legend.values()).size, 24);
  ok(!legend.has("class 24"));
});
