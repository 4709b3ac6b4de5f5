import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { largestDifference } from "../../golden_files.ts";
import { onDevices } from "../devices.ts";
import {
  decodeSafetensors,
  knnAccuracies,
  knnAccuracy,
  type LabelledFeatures,
  orThrow,
} from "../../../train/mod.ts";
import { knnVotes } from "../../../train/evaluate/knn.ts";
import { topAccuracy } from "../../../train/evaluate/accuracy.ts";

const golden = decodeSafetensors(
  await Deno.readFile(new URL("../../golden/knn.safetensors", import.meta.url)),
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

const votesOf = async (...given: Parameters<typeof knnVotes>) =>
  orThrow(await knnVotes(...given));

// DINO's weighted vote as in ViTFreeze 30e80f9, PyTorch 1.13.1.
for (const neighbours of [5, 10, 20]) {
  Deno.test(`knnVotes() of ${neighbours} neighbours equal the reference to float32`, async () => {
    const wanted = numbers(`votes_k${neighbours}`);
    const votes = await votesOf(TRAIN, TEST, 5, {
      neighbours,
      temperature: 0.07,
    });
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

Deno.test("knnVotes() takes the earlier of equally near points", async () => {
  const train = points([[0, 1], [2, 0], [1, 0], [3, 0]], [0, 2, 1, 1]);
  const votes = await votesOf(train, points([[5, 0]], [0]), 3, ONE);
  deepStrictEqual([...votes], [0, 0, Math.E]);
});

Deno.test("knnVotes() uses all points if there are fewer than k", async () => {
  const train = points([[1, 0], [0, 1]], [0, 1]);
  const options = { neighbours: 20, temperature: 1 };
  const votes = await votesOf(train, points([[1, 0]], [0]), 2, options);
  deepStrictEqual([...votes], [Math.E, 1]);
});

Deno.test("knnVotes() ignores the lengths of features; a zero feature is as near to all", async () => {
  const train = points([[1, 1], [1, -1]], [0, 1]);
  const options = { neighbours: 2, temperature: 0.5 };
  const votes = async (x: number, y: number) => [
    ...await votesOf(train, points([[x, y]], [0]), 2, options),
  ];
  deepStrictEqual(await votes(4, 0.5), await votes(8, 1));
  deepStrictEqual(await votes(0, 0), [1, 1]);
});

Deno.test("knnVotes() gives no vote to a neighbour without a class", async () => {
  const train = points([[1, 0], [1, 0], [0, 1]], [-1, 1, 0]);
  const test = points([[1, 0], [1, 0]], [1, 1]);
  const options = { neighbours: 2, temperature: 1 };
  deepStrictEqual(
    [...await votesOf(train, test, 2, options)],
    [0, Math.E, 0, Math.E],
  );
});

Deno.test("knnAccuracy() of well separated points is 1, of wrong labels 0", async () => {
  const unit = fc.double({ min: -0.1, max: 0.1, noNaN: true });
  const point = fc.tuple(fc.integer({ min: 0, max: 2 }), unit, unit, unit);
  const right = async (...given: Parameters<typeof knnAccuracy>) =>
    orThrow(await knnAccuracy(...given));
  const lists = fc.array(point, { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(lists, async (list) => {
      const train = points([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 2]);
      const rows = list.map(([label, ...noise]) =>
        noise.map((value, axis) => value + (axis === label ? 1 : 0))
      );
      const labels = list.map(([label]) => label);
      const wrong = labels.map((label) => (label + 1) % 3);
      strictEqual(await right(train, points(rows, labels), 3, ONE), 1);
      strictEqual(await right(train, points(rows, wrong), 3, ONE), 0);
    }),
  );
});

Deno.test("knnAccuracies() of several numbers of neighbours are those of their votes, one by one, and one for all numbers that are too large", async () => {
  const test = {
    ...TEST,
    labels: Int32Array.from({ length: 12 }, (_, i) => i % 5),
  };
  const wanted = [];
  for (const neighbours of [1, 5, TRAIN.labels.length]) {
    const options = { neighbours, temperature: 0.07 };
    const votes = await votesOf(TRAIN, test, 5, options);
    const top = (n: number) => topAccuracy(votes, test.labels, 5, n);
    wanted.push({ neighbours, top1: top(1), top5: top(5) });
  }
  deepStrictEqual(
    orThrow(await knnAccuracies(TRAIN, test, 5, [1, 5, 1e4, 2e4], 0.07)),
    wanted,
  );
  const one = { neighbours: 1, temperature: 0.07 };
  strictEqual(
    wanted[0]?.top1,
    orThrow(await knnAccuracy(TRAIN, test, 5, one)),
  );
});

/** Points of the golden file, over and over, no two alike. */
function many(count: number): LabelledFeatures {
  const size = TRAIN.features.length;
  return {
    features: Float32Array.from(
      { length: count * 8 },
      (_, i) => TRAIN.features[i % size]! + i / size,
    ),
    width: 8,
    labels: Int32Array.from({ length: count }, (_, i) => i % 5),
  };
}

Deno.test("knnVotes() do not depend on the size of tiles", async () => {
  const [train, test] = [many(301), many(37)];
  const options = { neighbours: 9, temperature: 0.5 };
  const whole = await votesOf(train, test, 5, options);
  for (const tileBytes of [0, 300, 1000, 5000, 1e9]) {
    deepStrictEqual(
      await votesOf(train, test, 5, options, { tileBytes }),
      whole,
    );
  }
});

await onDevices(
  ["reference", "cpu", "wasm", "webgpu"],
  "knnVotes() on a device are those of the main thread to float32",
  async (backend) => {
    const [train, test] = [many(301), many(37)];
    const options = { neighbours: 9, temperature: 0.5 };
    const wanted = await votesOf(train, test, 5, options);
    const before = backend.liveTensors();
    const search = { backend, tileBytes: 5000 };
    const votes = await votesOf(train, test, 5, options, search);
    ok(largestDifference(votes, wanted) < 1e-4);
    strictEqual(backend.liveTensors(), before);
  },
);

/** Bytes of all arrays of numbers that something makes. */
async function allocated(run: () => Promise<unknown>): Promise<number> {
  const kinds = ["Float32Array", "Float64Array", "Int32Array"] as const;
  const world = globalThis as unknown as Record<string, unknown>;
  const own = kinds.map((kind) => [kind, globalThis[kind]] as const);
  let bytes = 0;
  for (const [kind, constructor] of own) {
    world[kind] = new Proxy(constructor, {
      construct(target, args, newTarget) {
        const made = Reflect.construct(target, args, newTarget);
        bytes += typeof args[0] === "number" ? made.byteLength : 0;
        return made;
      },
    });
  }
  try {
    await run();
  } finally {
    for (const [kind, constructor] of own) world[kind] = constructor;
  }
  return bytes;
}

Deno.test("knnAccuracy() holds tiles and neighbours, however many points are compared", async () => {
  const [train, test] = [many(4000), many(50)];
  const options = { neighbours: 3, temperature: 1 };
  const tileBytes = 2048;
  const bytes = await allocated(() =>
    knnAccuracy(train, test, 5, options, { tileBytes })
  );
  const neighbours = test.labels.length * 3 * 2 * 4;
  const votes = test.labels.length * 5 * 8;
  ok(bytes > neighbours, `${bytes} are counted`);
  const products = (tileBytes / 2 / 32) ** 2 * 4;
  ok(bytes <= neighbours + votes + tileBytes + products, `${bytes}`);
});

Deno.test("knnVotes() lets timers run and stops soon after its signal", async () => {
  const stop = new AbortController();
  const seen: number[] = [];
  setTimeout(() => stop.abort(), 0);
  const stopped = await knnVotes(many(20_000), many(20_000), 5, ONE, {
    signal: stop.signal,
    onProgress: (done) => void seen.push(done),
  });
  deepStrictEqual(stopped, { _tag: "Left", left: { _tag: "Stopped" } });
  ok((seen.at(-1) ?? 0) < 20_000 ** 2 / 2, "long before its end");
  deepStrictEqual(seen, seen.toSorted((a, b) => a - b));
});
