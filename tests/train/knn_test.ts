import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  decodeSafetensors,
  knnAccuracies,
  knnAccuracy,
  knnVotes,
  type LabelledFeatures,
  topAccuracy,
} from "../../train/mod.ts";

const golden = decodeSafetensors(
  await Deno.readFile(new URL("../golden/knn.safetensors", import.meta.url)),
);
if (golden._tag === "Left") throw new Error(golden.left.reason);
const { tensors } = golden.right;
const numbers = (name: string) =>
  Float32Array.from(tensors.get(name)?.data ?? [], Number);
const TRAIN: LabelledFeatures = {
  features: numbers("train"),
  width: 8,
  labels: Int32Array.from(numbers("train_labels")),
};
const TEST: LabelledFeatures = {
  features: numbers("test"),
  width: 8,
  labels: new Int32Array(12),
};

// DINO's weighted vote as in ViTFreeze 30e80f9, PyTorch 1.13.1.
for (const neighbours of [5, 10, 20]) {
  Deno.test(`knnVotes() of ${neighbours} neighbours equal the reference to float32`, () => {
    const wanted = numbers(`votes_k${neighbours}`);
    const votes = knnVotes(TRAIN, TEST, 5, { neighbours, temperature: 0.07 });
    strictEqual(votes.length, wanted.length);
    votes.forEach((vote, i) => {
      const value = wanted[i] ?? NaN;
      ok(
        Math.abs(vote - value) <= 1e-5 * Math.max(1, value),
        `${i}: ${vote} ${value}`,
      );
    });
  });
}

const points = (
  rows: readonly (readonly number[])[],
  labels: readonly number[],
): LabelledFeatures => ({
  features: Float32Array.from(rows.flat()),
  width: rows[0]?.length ?? 0,
  labels: Int32Array.from(labels),
});

const ONE = { neighbours: 1, temperature: 1 };

Deno.test("knnVotes() takes the earlier of equally near points", () => {
  const train = points([[0, 1], [2, 0], [1, 0], [3, 0]], [0, 2, 1, 1]);
  const votes = knnVotes(train, points([[5, 0]], [0]), 3, ONE);
  deepStrictEqual([...votes], [0, 0, Math.E]);
});

Deno.test("knnVotes() uses all points if there are fewer than k", () => {
  const train = points([[1, 0], [0, 1]], [0, 1]);
  const options = { neighbours: 20, temperature: 1 };
  const votes = knnVotes(train, points([[1, 0]], [0]), 2, options);
  deepStrictEqual([...votes], [Math.E, 1]);
});

Deno.test("knnVotes() ignores the lengths of features; a zero feature is as near to all", () => {
  const train = points([[1, 1], [1, -1]], [0, 1]);
  const options = { neighbours: 2, temperature: 0.5 };
  const votes = (
    x: number,
    y: number,
  ) => [...knnVotes(train, points([[x, y]], [0]), 2, options)];
  deepStrictEqual(votes(4, 0.5), votes(8, 1));
  deepStrictEqual(votes(0, 0), [1, 1]);
});

Deno.test("knnVotes() gives no vote to a neighbour without a class", () => {
  const train = points([[1, 0], [1, 0], [0, 1]], [-1, 1, 0]);
  const test = points([[1, 0], [1, 0]], [1, 1]);
  const options = { neighbours: 2, temperature: 1 };
  deepStrictEqual(
    [...knnVotes(train, test, 2, options)],
    [0, Math.E, 0, Math.E],
  );
});

Deno.test("knnAccuracy() of well separated points is 1, of wrong labels 0", () => {
  const unit = fc.double({ min: -0.1, max: 0.1, noNaN: true });
  const point = fc.tuple(fc.integer({ min: 0, max: 2 }), unit, unit, unit);
  fc.assert(
    fc.property(fc.array(point, { minLength: 1, maxLength: 8 }), (list) => {
      const train = points([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 2]);
      const rows = list.map(([label, ...noise]) =>
        noise.map((value, axis) => value + (axis === label ? 1 : 0))
      );
      const labels = list.map(([label]) => label);
      const wrong = labels.map((label) => (label + 1) % 3);
      strictEqual(knnAccuracy(train, points(rows, labels), 3, ONE), 1);
      strictEqual(knnAccuracy(train, points(rows, wrong), 3, ONE), 0);
    }),
  );
});

Deno.test("knnAccuracies() of several numbers of neighbours are those of their votes, one by one", () => {
  const test = {
    ...TEST,
    labels: Int32Array.from({ length: 12 }, (_, i) => i % 5),
  };
  const wanted = [1, 5, 20, 10_000].map((neighbours) => {
    const votes = knnVotes(TRAIN, test, 5, { neighbours, temperature: 0.07 });
    const top = (n: number) => topAccuracy(votes, test.labels, 5, n);
    return { neighbours, top1: top(1), top5: top(5) };
  });
  deepStrictEqual(
    knnAccuracies(TRAIN, test, 5, [1, 5, 20, 10_000], 0.07),
    wanted,
  );
  strictEqual(
    wanted[0]?.top1,
    knnAccuracy(TRAIN, test, 5, { neighbours: 1, temperature: 0.07 }),
  );
});
