import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  DEFAULT_PRETRAIN_CONFIG,
  MODEL_PRESETS,
  type ModelName,
  parameterSpecs,
  planOf,
  sizeOf,
} from "../../../core/mod.ts";
import { batchParts, pretrainTask } from "../../../train/mod.ts";
import { splitBatch } from "../../../train/engine/step/parts.ts";
import { right } from "../../right.ts";

const taskOf = (model: ModelName, batchSize: number) => {
  const config = {
    ...DEFAULT_PRETRAIN_CONFIG,
    model: MODEL_PRESETS[model],
    training: { ...DEFAULT_PRETRAIN_CONFIG.training, batchSize },
  };
  return pretrainTask({ config, plan: right(planOf(config, 1_281_167)) });
};

Deno.test("batchParts() divides the batch, keeps at least four samples and at most 512 MiB of gradients", () => {
  const model = fc.constantFrom<ModelName>("nano", "vit-s", "vit-b", "vit-h");
  const number = fc.integer({ min: 1, max: 96 });
  fc.assert(fc.property(model, number, number, (name, batch, parallelRuns) => {
    const task = taskOf(name, batch);
    const parts = batchParts(task, { parallelRuns });
    strictEqual(batch % parts, 0);
    ok(parts <= parallelRuns);
    if (parts === 1) return;
    const bytes = parameterSpecs(MODEL_PRESETS[name]).reduce(
      (sum, { shape }) => sum + 4 * sizeOf(shape),
      0,
    );
    ok(batch / parts >= 4 && parts * bytes <= 2 ** 29);
  }));
});

Deno.test("batchParts() takes as many parts as there are threads, if the batch allows it", () => {
  strictEqual(batchParts(taskOf("nano", 32), { parallelRuns: 2 }), 2);
  strictEqual(batchParts(taskOf("vit-s", 8), { parallelRuns: 2 }), 2);
  strictEqual(batchParts(taskOf("nano", 24), { parallelRuns: 5 }), 4);
  strictEqual(batchParts(taskOf("nano", 7), { parallelRuns: 2 }), 1);
  strictEqual(batchParts(taskOf("vit-b", 64), { parallelRuns: 8 }), 1);
  strictEqual(batchParts(taskOf("nano", 32), {}), 1);
});

Deno.test("splitBatch() gives each part its own rows, without a copy", () => {
  const data = Float32Array.from({ length: 12 }, (_, i) => i);
  const batch = {
    images: { shape: [4, 3], data },
    ids: { shape: [4, 1], data: Int32Array.of(5, 6, 7, 8) },
  };
  const parts = splitBatch(batch, 2);
  deepStrictEqual(parts, [
    {
      images: { shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) },
      ids: { shape: [2, 1], data: Int32Array.of(5, 6) },
    },
    {
      images: { shape: [2, 3], data: Float32Array.of(6, 7, 8, 9, 10, 11) },
      ids: { shape: [2, 1], data: Int32Array.of(7, 8) },
    },
  ]);
  strictEqual(parts[1]?.images?.data.buffer, data.buffer);
});

Deno.test("splitBatch() gives each part its own pictures in bytes, and all tables", () => {
  const levels = [new Float32Array(256), new Float32Array(256).fill(1)];
  const data = Uint8Array.from({ length: 8 }, (_, i) => i);
  deepStrictEqual(
    splitBatch({ images: { shape: [2, 2, 1, 2], data, levels } }, 2),
    [[0, 1, 2, 3], [4, 5, 6, 7]].map((bytes) => ({
      images: { shape: [1, 2, 1, 2], data: Uint8Array.from(bytes), levels },
    })),
  );
});
