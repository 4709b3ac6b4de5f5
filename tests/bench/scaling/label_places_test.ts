import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import { labelPlaces } from "../../../bench/scaling/label_places.ts";

Deno.test("labelPlaces() keep their distance within their stretch, in their order", () => {
  const wanted = fc.array(fc.integer({ min: -50, max: 150 }), { maxLength: 10 })
    .map((places) => places.toSorted((a, b) => a - b));
  fc.assert(fc.property(wanted, (wanted) => {
    const placed = labelPlaces(wanted, 10, [0, 100]);
    ok(placed.every((place) => place >= 0 && place <= 100));
    placed.slice(1).forEach((place, i) => ok(place - placed[i]! >= 10));
  }));
});

Deno.test("labelPlaces() with room for all are where they are wanted", () => {
  deepStrictEqual(labelPlaces([5, 20, 90], 10, [0, 100]), [5, 20, 90]);
});
