import fc from "fast-check";
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  interpretGraph,
  MODEL_PRESETS,
  randomMasking,
  traceGraph,
} from "../../../core/mod.ts";
import { maskAtScale } from "../../../core/models/masked_loss.ts";
import { goldenTensors, numbersOf } from "../../golden_files.ts";
import { right } from "../../right.ts";

/** ViTFreeze 30e80f9 on PyTorch 1.13.1: four samples on a 14×14 grid, 49 patches kept. */
const golden = goldenTensors("masking_14x14.safetensors");

Deno.test("randomMasking() keeps, hides and restores exactly what the reference does", () => {
  const { idsKeep, idsRestore, mask } = randomMasking(
    numbersOf(golden, "noise"),
    196,
    49,
  );
  deepStrictEqual([...idsKeep], [...numbersOf(golden, "kept_ids")]);
  deepStrictEqual([...idsRestore], [...numbersOf(golden, "ids_restore")]);
  deepStrictEqual([...mask], [...numbersOf(golden, "mask")]);
});

Deno.test("maskAtScale() is exactly the reference's mask of each stage", () => {
  const spec = MODEL_PRESETS["vit-b"];
  const graph = right(traceGraph((g) => {
    const mask = g.input("mask", [4, 196]);
    return Object.fromEntries(
      spec.stages.map((
        stage,
        k,
      ) => [`${k}`, maskAtScale(g, spec, stage, mask)]),
    );
  }));
  const found = interpretGraph(graph, { mask: numbersOf(golden, "mask") });
  spec.stages.forEach((_, k) =>
    deepStrictEqual(found[k], numbersOf(golden, `mask_scaled.${k}`))
  );
});

const draws = fc.record({
  batch: fc.integer({ min: 1, max: 4 }),
  patches: fc.integer({ min: 1, max: 30 }),
}).chain(({ batch, patches }) =>
  fc.record({
    patches: fc.constant(patches),
    keep: fc.nat({ max: patches }),
    noise: fc.array(fc.constantFrom(0, 0.25, 0.5, 0.75), {
      minLength: batch * patches,
      maxLength: batch * patches,
    }),
  })
);

/** The part of a list that belongs to one sample. */
const sampleOf = (
  list: ArrayLike<number>,
  sample: number,
  size: number,
): readonly number[] =>
  Array.from(list).slice(sample * size, (sample + 1) * size);

Deno.test("randomMasking() shuffles every sample by a permutation and restores by its inverse", () => {
  fc.assert(fc.property(draws, ({ noise, patches, keep }) => {
    const { idsShuffle, idsRestore } = randomMasking(noise, patches, keep);
    const ordered = Array.from({ length: patches }, (_, i) => i);
    for (let b = 0; b * patches < noise.length; b++) {
      const shuffle = sampleOf(idsShuffle, b, patches);
      const restore = sampleOf(idsRestore, b, patches);
      deepStrictEqual(shuffle.toSorted((x, y) => x - y), ordered);
      deepStrictEqual(restore.map((rank) => shuffle[rank]), ordered);
    }
  }));
});

Deno.test("randomMasking() keeps the patches of least noise, the first of equal ones, in order of noise", () => {
  fc.assert(fc.property(draws, ({ noise, patches, keep }) => {
    const { idsKeep } = randomMasking(noise, patches, keep);
    for (let b = 0; b * patches < noise.length; b++) {
      const own = sampleOf(noise, b, patches);
      const wanted = own.map((level, i) => ({ level, i }))
        .toSorted((x, y) => x.level - y.level || x.i - y.i)
        .slice(0, keep).map(({ i }) => i);
      deepStrictEqual(sampleOf(idsKeep, b, keep), wanted);
    }
  }));
});

Deno.test("randomMasking() hides exactly the patches that are not kept", () => {
  fc.assert(fc.property(draws, ({ noise, patches, keep }) => {
    const { idsKeep, mask } = randomMasking(noise, patches, keep);
    for (let b = 0; b * patches < noise.length; b++) {
      const kept = new Set(sampleOf(idsKeep, b, keep));
      sampleOf(mask, b, patches).forEach((hidden, patch) =>
        strictEqual(hidden, kept.has(patch) ? 0 : 1)
      );
    }
  }));
});
