import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { blendedOnto } from "../../../data/decode/blend.ts";

const level = fc.nat(255);

Deno.test("blendedOnto() is the nearest whole number to the weighted mean, for all levels", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(level, level, level, level), { maxLength: 20 }),
    fc.tuple(level, level, level),
    (pixels, colour) => {
      const wanted = pixels.flatMap(([r, g, b, alpha]) =>
        [r, g, b].map((own, c) =>
          Math.round(alpha / 255 * own + (1 - alpha / 255) * colour[c]!)
        )
      );
      const found = blendedOnto(colour, Uint8Array.from(pixels.flat()));
      deepStrictEqual([...found], wanted);
    },
  ));
});

Deno.test("blendedOnto() leaves what is opaque, and shows the background where all is transparent", () => {
  const colour = [1, 20, 250] as const;
  const all = Array.from({ length: 256 }, (_, i) => i);
  const of = (alpha: number) => [...blendedOnto(
    colour,
    Uint8Array.from(all.flatMap((i) => [i, 255 - i, 7, alpha])),
  )];
  deepStrictEqual(of(255), all.flatMap((i) => [i, 255 - i, 7]));
  deepStrictEqual(of(0), all.flatMap(() => [...colour]));
});
