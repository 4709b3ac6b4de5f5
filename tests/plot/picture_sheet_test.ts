import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { pictureSheet } from "../../plot/mod.ts";

const picture = (level: number) => ({
  width: 2,
  height: 2,
  channels: 1 as const,
  pixels: new Uint8Array(4).fill(level),
});

Deno.test("pictureSheet() shows pictures row by row, inside of its edges", async () => {
  const svg = await pictureSheet(
    "Seven",
    [1, 2, 3, 4, 5, 6, 7].map(picture),
    3,
  );
  const [, width = 0, height = 0] =
    svg.match(/width="(\d+)" height="(\d+)"/)?.map(Number) ?? [];
  const places = [...svg.matchAll(/<image x="(\d+)" y="(\d+)" width="(\d+)"/g)]
    .map(([, x, y, side]) => [Number(x), Number(y), Number(side)] as const);
  strictEqual(places.length, 7);
  strictEqual(new Set(places.map(([x]) => x)).size, 3);
  strictEqual(new Set(places.map(([, y]) => y)).size, 3);
  deepStrictEqual(
    places.filter(([x, y, side]) => x + side > width || y + side > height),
    [],
  );
  match(svg, />Seven</);
});

Deno.test("pictureSheet() of no pictures is empty", async () => {
  strictEqual((await pictureSheet("None", [], 6)).includes("<image"), false);
});
