import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { RAND_AUGMENT, rootKey, split } from "../../../core/mod.ts";
import { randAugmentFrom, showRandAugment } from "../../../data/mod.ts";
import {
  drawPixelOps,
  pixelOpsAt,
} from "../../../data/augment/rand_augment.ts";
import type { PixelOp } from "../../../data/augment/pixel_op.ts";

const byTag = (ops: readonly PixelOp[]): Map<string, PixelOp> =>
  new Map(ops.map((op) => [op._tag, op]));

Deno.test("pixelOpsAt() has timm's strengths of the increasing operations", () => {
  // Worked out by hand from the published mappings: 30° · m/10, 4 − ⌊4m/10⌋ bits,
  // 256 − ⌊256m/10⌋, ⌊110m/10⌋, 1 ± 0.9m/10 from 0.1 on, ± 0.3m/10, ± 0.45m/10.
  const at9 = byTag(pixelOpsAt(9, -1));
  strictEqual(at9.size, 15);
  deepStrictEqual(at9.get("Rotate"), { _tag: "Rotate", degrees: -27 });
  deepStrictEqual(at9.get("Posterize"), { _tag: "Posterize", bits: 1 });
  deepStrictEqual(at9.get("Solarize"), { _tag: "Solarize", threshold: 26 });
  deepStrictEqual(at9.get("SolarizeAdd"), { _tag: "SolarizeAdd", add: 99 });
  const near = (op: PixelOp | undefined, field: string, wanted: number) => {
    const found = (op as unknown as Record<string, number>)[field] ?? NaN;
    ok(Math.abs(found - wanted) < 1e-12, `${op?._tag}: ${found}`);
  };
  for (const tag of ["Color", "Contrast", "Brightness", "Sharpness"]) {
    near(at9.get(tag), "factor", 0.19);
    near(byTag(pixelOpsAt(9, 1)).get(tag), "factor", 1.81);
    near(byTag(pixelOpsAt(10, -1)).get(tag), "factor", 0.1);
  }
  for (const tag of ["ShearX", "ShearY"]) near(at9.get(tag), "factor", -0.27);
  for (const tag of ["TranslateX", "TranslateY"]) {
    near(at9.get(tag), "part", -0.405);
  }
  const at10 = byTag(pixelOpsAt(10, 1));
  deepStrictEqual(at10.get("Posterize"), { _tag: "Posterize", bits: 0 });
  deepStrictEqual(at10.get("Solarize"), { _tag: "Solarize", threshold: 0 });
  deepStrictEqual(at10.get("SolarizeAdd"), { _tag: "SolarizeAdd", add: 110 });
  const at0 = byTag(pixelOpsAt(0, 1));
  deepStrictEqual(at0.get("Solarize"), { _tag: "Solarize", threshold: 256 });
  deepStrictEqual(at0.get("Posterize"), { _tag: "Posterize", bits: 4 });
});

Deno.test("drawPixelOps() takes all operations equally often, half of those drawn, at strengths around the magnitude", () => {
  const key = rootKey(3);
  const count = 6000;
  const drawn = Array.from(
    { length: count },
    (_, i) => drawPixelOps(RAND_AUGMENT, split(key, i)),
  );
  const all = drawn.flat();
  // 2 layers, probability 1/2: one operation an image; deviation √(2 · ¼ / n).
  ok(Math.abs(all.length / count - 1) < 5 * Math.sqrt(0.5 / count));
  const tags = Map.groupBy(all, ({ _tag }) => _tag);
  strictEqual(tags.size, 15);
  for (const [tag, { length }] of tags) {
    ok(
      Math.abs(length - all.length / 15) < 5 * Math.sqrt(all.length / 15),
      tag,
    );
  }
  const degrees = (tags.get("Rotate") ?? []).flatMap((op) =>
    op._tag === "Rotate" ? [op.degrees] : []
  );
  const strengths = degrees.map((angle) => Math.abs(angle) / 3);
  const mean = strengths.reduce((a, b) => a + b, 0) / strengths.length;
  // Cutting at 10 takes less than a hundredth off the mean of Normal(9, ½).
  ok(
    Math.abs(mean - 9) < 5 * 0.5 / Math.sqrt(strengths.length) + 0.01,
    `${mean}`,
  );
  ok(strengths.every((strength) => strength > 6 && strength <= 10));
  const negative = degrees.filter((angle) => angle < 0).length;
  ok(Math.abs(negative / degrees.length - 0.5) < 0.12);
});

Deno.test("drawPixelOps() is a function of its key, and with probability 1 draws every layer", () => {
  fc.assert(fc.property(fc.nat(), fc.nat(5), (seed, layers) => {
    const config = { ...RAND_AUGMENT, layers };
    const key = rootKey(seed);
    deepStrictEqual(drawPixelOps(config, key), drawPixelOps(config, key));
    const sure = drawPixelOps({ ...config, probability: 1 }, key);
    strictEqual(sure.length, layers);
    // What is done is among what is drawn, in the same order.
    const some = drawPixelOps(config, key).map((op) => JSON.stringify(op));
    let at = 0;
    for (const op of sure) if (JSON.stringify(op) === some[at]) at++;
    strictEqual(at, some.length);
  }));
});

Deno.test("randAugmentFrom() reads timm's words, and showRandAugment() writes them", () => {
  deepStrictEqual(randAugmentFrom("rand-m9-mstd0.5-inc1"), {
    _tag: "Right",
    right: RAND_AUGMENT,
  });
  deepStrictEqual(randAugmentFrom("none"), { _tag: "Right", right: null });
  const config = {
    ...RAND_AUGMENT,
    layers: 3,
    magnitude: 7,
    deviation: 0,
    probability: 0.8,
  };
  for (const one of [RAND_AUGMENT, config, null]) {
    deepStrictEqual(randAugmentFrom(showRandAugment(one)), {
      _tag: "Right",
      right: one,
    });
  }
  for (
    const text of [
      "rand-m9-mstd0.5",
      "rand-m11-inc1",
      "rand-m9-m8-inc1",
      "rand-m9-w0-inc1",
      "original-m9-inc1",
      "rand-n1.5-inc1",
      "",
    ]
  ) {
    strictEqual(randAugmentFrom(text)._tag, "Left", text);
  }
});
