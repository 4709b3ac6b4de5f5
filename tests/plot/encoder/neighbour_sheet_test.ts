import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { neighbourSheet } from "../../../plot/mod.ts";
import { shortened, xmlText } from "../../../plot/svg_words.ts";

const image = {
  width: 2,
  height: 3,
  channels: 3 as const,
  pixels: new Uint8Array(18).fill(90),
};

const SHEET = neighbourSheet("Nearest", [
  {
    query: { image, caption: "cats" },
    neighbours: [
      { image, caption: "cats", isRight: true },
      { image, caption: "dogs", isRight: false },
      { image, caption: "?" },
    ],
  },
  { query: { image, caption: "owls & <mice>" }, neighbours: [] },
]);

Deno.test("neighbourSheet() draws each row's picture left of its neighbours, inside of its edges", async () => {
  const svg = await SHEET;
  const [, width = 0, height = 0] =
    svg.match(/width="(\d+)" height="(\d+)"/)?.map(Number) ?? [];
  const places = [...svg.matchAll(
    /<g transform="translate\((\d+) (\d+)\)"><title>[^<]*<\/title><image width="(\d+)"/g,
  )].map(([, x, y, side]) => [Number(x), Number(y), Number(side)] as const);
  strictEqual(places.length, 5);
  const rows = Map.groupBy(places, ([, y]) => y);
  deepStrictEqual([...rows.values()].map((row) => row.length), [4, 1]);
  for (const [x, y, side] of places) {
    ok(x + side <= width && y + side <= height);
  }
  const first = [...rows.values()][0]?.map(([x]) => x) ?? [];
  deepStrictEqual(first, first.toSorted((a, b) => a - b));
});

Deno.test("neighbourSheet() frames neighbours whose class is known, the wrong ones dashed", async () => {
  const svg = await SHEET;
  const frames = (text: string) => text.match(/fill="none" stroke="#/g)?.length;
  // One of each in the row, one of each in the legend.
  strictEqual(frames(svg), 4);
  strictEqual(svg.match(/stroke-dasharray/g)?.length, 2);
  const unknown = await neighbourSheet("Nearest", [{
    query: { image, caption: "a" },
    neighbours: [{ image, caption: "b" }],
  }]);
  strictEqual(frames(unknown), undefined);
  strictEqual(unknown.includes("class"), false);
});

Deno.test("neighbourSheet() writes names from outside so that they stay words", async () => {
  const svg = await SHEET;
  match(svg, />owls &amp; &lt;mice&gt;</);
});

Deno.test("neighbourSheet() of no rows is empty", async () => {
  strictEqual((await neighbourSheet("None", [])).includes("<image"), false);
});

Deno.test("shortened() keeps beginning and end within the given length", () => {
  strictEqual(shortened("short", 5), "short");
  strictEqual(shortened("IMG_20240101_0001.jpg", 10), "IMG_20…jpg");
  for (const most of [3, 4, 9]) {
    strictEqual(Array.from(shortened("🦉".repeat(20), most)).length, most);
  }
});

Deno.test("xmlText() leaves nothing that XML would take for its own", () => {
  strictEqual(xmlText('a<b>&"c"\u0007'), "a&lt;b&gt;&amp;&quot;c&quot;\\u{7}");
});
