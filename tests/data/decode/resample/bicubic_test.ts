import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { cubicKernel } from "../../../../data/decode/resample/bicubic_taps.ts";
import { type RawImage, wholeOf } from "../../../../data/image/raw_image.ts";
import { resizeBicubic } from "../resize_bicubic.ts";
import { noiseImage } from "../../sources.ts";

interface Recorded {
  readonly about: string;
  readonly cases: readonly {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly channels: 1 | 3;
    readonly pixels: readonly number[];
    readonly crop: {
      readonly left: number;
      readonly top: number;
      readonly width: number;
      readonly height: number;
    };
    readonly size: { readonly width: number; readonly height: number };
    readonly expected: readonly number[];
  }[];
}

const golden: Recorded = JSON.parse(
  Deno.readTextFileSync(
    new URL("../../../golden/bicubic.json", import.meta.url),
  ),
);

for (const { name, crop, size, expected, ...image } of golden.cases) {
  Deno.test(`resizeBicubic() ${name} as Pillow 12.3.0 does, to the bit`, () => {
    const pixels = Uint8Array.from(image.pixels);
    const resized = resizeBicubic(
      { ...image, _tag: "RawImage", pixels },
      crop,
      size,
    );
    deepStrictEqual([...resized.pixels], expected);
    deepStrictEqual([resized.width, resized.height], [size.width, size.height]);
  });
}

const side = fc.integer({ min: 1, max: 40 });

Deno.test("resizeBicubic() leaves a flat image flat at every size", () => {
  fc.assert(
    fc.property(
      side,
      side,
      side,
      side,
      fc.nat(255),
      (w, h, width, height, level) => {
        const pixels = new Uint8Array(w * h).fill(level);
        const image: RawImage = {
          _tag: "RawImage",
          width: w,
          height: h,
          channels: 1,
          pixels,
        };
        const resized = resizeBicubic(image, wholeOf(image), { width, height });
        ok(resized.pixels.every((p) => p === level));
        strictEqual(resized.pixels.length, width * height);
      },
    ),
  );
});

Deno.test("resizeBicubic() to the same size changes nothing", () => {
  fc.assert(
    fc.property(
      side,
      side,
      fc.constantFrom(1 as const, 3 as const),
      (w, h, channels) => {
        const image = noiseImage(w + 100 * h, w, h, channels);
        const same = resizeBicubic(image, wholeOf(image), image);
        deepStrictEqual([...same.pixels], [...image.pixels]);
      },
    ),
  );
});

Deno.test("resizeBicubic() sees nothing outside the crop", () => {
  const image = noiseImage(1, 12, 10, 3);
  const crop = { left: 3, top: 2, width: 5, height: 6 };
  const inside = (i: number): boolean => {
    const [x, y] = [Math.floor(i / 3) % 12, Math.floor(i / 36)];
    return x >= 3 && x < 8 && y >= 2 && y < 8;
  };
  const other = {
    ...image,
    pixels: image.pixels.map((p, i) => inside(i) ? p : 255 - p),
  };
  const size = { width: 9, height: 4 };
  deepStrictEqual(
    resizeBicubic(other, crop, size),
    resizeBicubic(image, crop, size),
  );
});

Deno.test("resizeBicubic() mirrors with its input", () => {
  const mirrored = (image: RawImage): RawImage => ({
    ...image,
    pixels: image.pixels.map((_, i) => {
      const x = i % image.width;
      return image.pixels[i - x + image.width - 1 - x] ?? 0;
    }),
  });
  const image = noiseImage(2, 13, 7, 1);
  const resize = (from: RawImage): RawImage =>
    resizeBicubic(from, wholeOf(from), { width: 32, height: 5 });
  deepStrictEqual([...resize(mirrored(image)).pixels], [
    ...mirrored(resize(image)).pixels,
  ]);
});

Deno.test("cubicKernel() interpolates, is even, and its shifts sum to 1", () => {
  deepStrictEqual([0, 1, 2, 3].map(cubicKernel), [1, 0, 0, 0]);
  fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (x) => {
    strictEqual(cubicKernel(-x), cubicKernel(x));
    const sum = [-1, 0, 1, 2].reduce(
      (total, k) => total + cubicKernel(x - k),
      0,
    );
    ok(Math.abs(sum - 1) < 1e-14);
  }));
});

/** The same sums one by one, in whole numbers that cannot overflow. */
function resampled(
  levels: readonly number[],
  output: number,
): readonly number[] {
  const input = levels.length;
  const scale = input / output;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: output }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - 2 * stretch + 0.5));
    const last = Math.min(input, Math.floor(centre + 2 * stretch + 0.5));
    const near = levels.slice(first, last);
    const weights = near.map((_, k) =>
      cubicKernel((first + k + 0.5 - centre) / stretch)
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const sum = near.reduce((sum, level, k) => {
      const weight = (weights[k] ?? 0) / total * 2 ** 22;
      const whole = Math.sign(weight) * Math.floor(Math.abs(weight) + 0.5);
      return sum + BigInt(whole) * BigInt(level);
    }, 1n << 21n);
    return Math.min(255, Math.max(0, Number(sum >> 22n)));
  });
}

const columnsOf = (rows: readonly (readonly number[])[]) =>
  (rows[0] ?? []).map((_, x) => rows.map((row) => row[x] ?? NaN));

Deno.test("resizeBicubic() is two passes of whole numbers, whatever was resized before", () => {
  const larger = fc.integer({ min: 1, max: 90 });
  fc.assert(
    fc.property(
      ...[larger, larger, larger, larger, fc.nat(999)] as const,
      (w, h, width, height, seed) => {
        const image = noiseImage(seed, w, h, 3);
        const { pixels } = resizeBicubic(image, wholeOf(image), {
          width,
          height,
        });
        for (const channel of [0, 1, 2]) {
          const rows = Array.from(
            { length: h },
            (_, y) =>
              Array.from(
                { length: w },
                (_, x) => image.pixels[(y * w + x) * 3 + channel] ?? NaN,
              ),
          );
          const wide = rows.map((row) => resampled(row, width));
          const high = columnsOf(wide).map((column) =>
            resampled(column, height)
          );
          deepStrictEqual(
            [...pixels].filter((_, i) => i % 3 === channel),
            columnsOf(high).flat(),
          );
        }
      },
    ),
    { numRuns: 30 },
  );
});
