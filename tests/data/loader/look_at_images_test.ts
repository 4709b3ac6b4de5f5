import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  lookAtImages,
  typicalSide,
} from "../../../data/loader/look_at_images.ts";
import type { ImageSource } from "../../../data/mod.ts";
import { left, right } from "../../../core/mod.ts";

/** A source of grey images of these sizes; `null` for one that cannot be read. */
const sourceOf = (
  sizes: readonly (readonly [width: number, height: number] | null)[],
): ImageSource => ({
  ...{ name: "made", summary: "made", length: sizes.length, classNames: null },
  normalization: { mean: [0.5], deviation: [0.5] },
  label: () => null,
  imageName: String,
  read: (index) => {
    const size = sizes[index] ?? null;
    if (size === null) {
      const reason = "made so";
      const bad = { _tag: "BadImage", image: String(index), reason } as const;
      return Promise.resolve(left(bad));
    }
    const [width, height] = size;
    const pixels = new Uint8Array(width * height);
    return Promise.resolve(
      right({ _tag: "RawImage", width, height, channels: 1, pixels, label: 0 }),
    );
  },
});

Deno.test("typicalSide() is the median of the shorter sides, whatever cannot be read", async () => {
  const sizes = [[8, 90], [70, 30], null, [50, 50], [20, 10]] as const;
  strictEqual(await typicalSide(sourceOf(sizes)), 30);
  strictEqual(await typicalSide(sourceOf([[7, 9]])), 7);
  strictEqual(await typicalSide(sourceOf([null, null])), null);
});

Deno.test("lookAtImages() looks at 64 images at most, from the first to the last ones", async () => {
  const sizes = Array.from({ length: 640 }, (_, i) => [1 + i, 1] as const);
  const seen = await lookAtImages(sourceOf(sizes));
  deepStrictEqual(
    seen.map((image) => image?.width),
    Array.from({ length: 64 }, (_, i) => 1 + 10 * i),
  );
});
