import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  steppedModel,
  trainableCountOf,
} from "../../../bench/peers/compare_pair.ts";
import type { PairSpec } from "../../../bench/peers/pair_row.ts";

const pair = (other: Partial<PairSpec>): PairSpec => ({
  ...{ peer: "torch-fixed", step: "pre-training", model: "vit-b" },
  ...{ batchSize: 8, frozen: 0, threads: 1, rounds: 3, steps: 3 },
  ...other,
});

/** Trained numbers of the published code, whose class token never freezes. */
const RECORDED = {
  "vit-b": { 0: 89_916_140, 3: 73_994_833, 7: 44_519_734, 11: 15_172_379 },
  "vit-s": { 0: 25_463_276, 3: 20_563_153, 7: 12_440_758, 11: 4_446_107 },
} as const;

const WIDTHS = { "vit-b": 768, "vit-s": 384 } as const;

for (const model of ["vit-b", "vit-s"] as const) {
  Deno.test(`trainableCountOf() of ${model} is the recorded number, less the class token where it freezes`, () => {
    for (const [text, recorded] of Object.entries(RECORDED[model])) {
      const frozen = Number(text);
      strictEqual(
        trainableCountOf(pair({ model, frozen, peer: "torch-reference" })),
        recorded,
      );
      strictEqual(
        trainableCountOf(pair({ model, frozen })),
        frozen === 0 ? recorded : recorded - WIDTHS[model],
      );
    }
  });
}

Deno.test("trainableCountOf() of the encoder step counts encoder and tap norms", () => {
  const encoder = { peer: "jax-js", step: "encoder" } as const;
  strictEqual(trainableCountOf(pair(encoder)), 85_645_824 + 6_144);
  const [block, taps] = [7_087_872, 2];
  strictEqual(
    trainableCountOf(pair({ ...encoder, frozen: 7 })),
    6 * block + taps * 2 * 768,
  );
});

Deno.test("steppedModel() shows the encoder as many patches as masking leaves", () => {
  const { imageSize, stages } = steppedModel("encoder", "vit-s");
  strictEqual(imageSize, 112);
  deepStrictEqual(stages.map(({ tap }) => tap), [1, 3, 9, 11]);
  strictEqual(steppedModel("pre-training", "vit-s").imageSize, 224);
});
