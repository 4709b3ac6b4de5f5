import { strictEqual } from "node:assert/strict";
import { MODEL_PRESETS, type TimedModel } from "../../../core/mod.ts";
import { imageSeconds } from "../../../core/fit/step_time.ts";

const { nano, micro, "vit-ti": tiny } = MODEL_PRESETS;

const TIMED: readonly TimedModel[] = [
  { model: micro, flops: 100, images: 8, seconds: 8 },
  { model: micro, flops: 100, images: 64, seconds: 32 },
];

Deno.test("imageSeconds() is what was timed, in steps of the most similar size", () => {
  const seconds = imageSeconds({ timed: TIMED, isLast: true });
  const wanted = { model: { ...micro }, flops: 100 };
  strictEqual(seconds(wanted, 16), 1);
  strictEqual(seconds(wanted, 48), 0.5);
});

Deno.test("imageSeconds() promises a larger model the same time and a smaller one that of its operations, until the last", () => {
  const [first] = TIMED;
  const open = imageSeconds({ timed: [first!], isLast: false });
  strictEqual(open({ model: tiny, flops: 1000 }, 8), 1);
  strictEqual(open({ model: nano, flops: 25 }, 8), 0.25);
  const last = imageSeconds({ timed: [first!], isLast: true });
  strictEqual(last({ model: tiny, flops: 1000 }, 8), Infinity);
});

Deno.test("imageSeconds() takes a slow device for granted where nothing was timed", () => {
  const open = imageSeconds({ timed: [], isLast: false });
  strictEqual(open({ model: nano, flops: 2e9 }, 8), 2);
});
