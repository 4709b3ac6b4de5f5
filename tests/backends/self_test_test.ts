import { ok, strictEqual } from "node:assert/strict";
import type { Backend, DeviceTensor } from "../../backends/backend.ts";
import { referenceBackend, selfTest } from "../../backends/mod.ts";
import { left, type Result, right } from "../../core/mod.ts";

/** The reference engine, but what is read of one output is changed. */
function lying(
  output: string,
  lie: (value: number) => number,
): Backend {
  const honest = referenceBackend();
  const changed = (tensor: DeviceTensor): DeviceTensor => ({
    ...tensor,
    read: async () => (await tensor.read()).map(lie),
  });
  return {
    ...honest,
    compile: async (graph, options) => {
      const program = await honest.compile(graph, options);
      return program._tag === "Left" ? program : right({
        ...program.right,
        run: async (inputs) => {
          const result = await program.right.run(inputs);
          return result._tag === "Left" ? result : right(
            new Map([...result.right].map(([name, tensor]) => [
              name,
              name === output ? changed(tensor) : tensor,
            ])),
          );
        },
      });
    },
  };
}

const tagOf = (result: Result<{ readonly _tag: string }, unknown>) =>
  result._tag === "Left" ? result.left._tag : "Right";

Deno.test("selfTest() passes the reference and leaves nothing behind", async () => {
  const backend = referenceBackend();
  strictEqual(tagOf(await selfTest(backend)), "Right");
  strictEqual(backend.liveTensors(), 0);
});

Deno.test("selfTest() names the output with wrong numbers and its error", async () => {
  const result = await selfTest(
    lying("gradient of weight", (value) => value + 0.01),
  );
  ok(result._tag === "Left" && result.left._tag === "WrongNumbers");
  strictEqual(result.left.what, "gradient of weight");
  ok(Math.abs(result.left.error - 0.01) < 0.0099 && result.left.error > 1e-4);
});

Deno.test("selfTest() refuses zeros, as of a dispatch that was dropped", async () => {
  strictEqual(tagOf(await selfTest(lying("loss", () => 0))), "WrongNumbers");
});

Deno.test("selfTest() refuses NaN", async () => {
  strictEqual(tagOf(await selfTest(lying("loss", () => NaN))), "WrongNumbers");
});

Deno.test("selfTest() verifies products in 8-bit integers if a run will use them, and only then", async () => {
  const wrong: Backend = {
    ...referenceBackend(),
    verifyInt8: () =>
      Promise.resolve(left({
        _tag: "WrongNumbers",
        device: "old",
        what: "a product in 8-bit integers",
        error: 31,
        tolerance: 0,
      })),
  };
  strictEqual(tagOf(await selfTest(wrong)), "Right");
  strictEqual(tagOf(await selfTest(wrong, { int8: true })), "WrongNumbers");
  strictEqual(
    tagOf(await selfTest(referenceBackend(), { int8: true })),
    "BackendUnavailable",
  );
});

/** The reference engine, but sums and products end after so many terms. */
function cutting(limit: number): Backend {
  const honest = referenceBackend();
  return {
    ...honest,
    upload: (tensor) => {
      const { shape: [terms = 0, width = 1], data } = tensor;
      return honest.upload(
        terms > limit
          ? { ...tensor, data: data.fill(0, limit * width) }
          : tensor,
      );
    },
  };
}

Deno.test("selfTest() sees that the longest sum of a run is cut off, by one term of a million", async () => {
  const backend = cutting(2 ** 20);
  for (const longestSum of [100, 2 ** 20]) {
    strictEqual(tagOf(await selfTest(backend, { longestSum })), "Right");
  }
  const result = await selfTest(backend, { longestSum: 2 ** 20 + 1 });
  ok(result._tag === "Left" && result.left._tag === "WrongNumbers");
  strictEqual(result.left.what, "a product that sums 1048577 terms");
});

Deno.test("selfTest() passes on why an engine does not compile", async () => {
  const backend: Backend = {
    ...referenceBackend(),
    compile: () =>
      Promise.resolve(left({
        _tag: "TensorTooLarge",
        device: "tiny",
        tensor: "x",
        bytes: 8,
        limit: 4,
      })),
  };
  strictEqual(tagOf(await selfTest(backend)), "TensorTooLarge");
});
