import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  benchedRun,
  cheapParameters,
  randomBatches,
} from "../../../bench/card/steps/benched_run.ts";
import { timesByName } from "../../../bench/card/steps/kernel_times.ts";
import {
  endDifference,
  largestDifference,
} from "../../../bench/card/steps/losses.ts";
import {
  type CardResults,
  measureCard,
  secondsOf,
} from "../../../bench/card/measure_card.ts";
import { eachCase, type Facts, type Part } from "../../../bench/card/part.ts";
import { choicesFor } from "../../../bench/card/products/product_kernels.ts";
import {
  describeSizes,
  productsOf,
} from "../../../bench/card/products/product_sizes.ts";
import { randomReals } from "../../../bench/card/machine/open_card.ts";
import {
  FORMS,
  productCode,
  workgroupsOf,
} from "../../../bench/card/machine/product_texts.ts";
import { betweenKnown, savingsOf } from "../../../bench/card/steps/saving.ts";
import { stepGraphOf } from "../../../bench/card/products/step_graph.ts";
import { summaryOf } from "../../../bench/card/summary.ts";
import { parameterSpecs, sizeOf } from "../../../core/mod.ts";
import { deviceTest } from "../../backends/webgpu/device_tests.ts";
import { assertNear } from "../../backends/webgpu/kernels/kernel_runs.ts";
import { runCalls } from "../../backends/webgpu/run_calls.ts";

const part = (name: string, share: number): Part => ({
  ...{ name, share, about: `about ${name}` },
  measure: () => Promise.resolve(),
});

Deno.test("parts share the time that is left", () => {
  const parts = [part("a", 1), part("b", 3)];
  strictEqual(secondsOf(100, parts), 25);
  strictEqual(secondsOf(90, parts.slice(1)), 90);
  strictEqual(secondsOf(-5, parts), 1);
});

Deno.test("a part that fails leaves its error, and all that is known is written after each", async () => {
  const written: CardResults[] = [];
  const lines: string[] = [];
  await measureCard({
    parts: [part("steps", 1), part("roofs", 1)],
    seconds: 60,
    isTiny: true,
    run: ({ part }) =>
      Promise.resolve({
        ...{ seconds: 1, given: 2, facts: { float32Tflops: 50 } },
        ...part === "steps" ? { error: "out of memory" } : {},
      }),
    write: (results) => Promise.resolve(void written.push(results)),
    say: (line) => lines.push(line),
  });
  deepStrictEqual(written.map(({ parts }) => Object.keys(parts)), [
    ["steps"],
    ["steps", "roofs"],
  ]);
  const { errors } = written[1]!.summary as Facts;
  deepStrictEqual(errors, { steps: "out of memory" });
  match(lines[1] ?? "", /ERROR out of memory after 1 s/);
});

Deno.test("eachCase() goes on after an error and says what it had no time for", async () => {
  let seconds = 10;
  const rows = await eachCase(
    { isTiny: true, secondsLeft: () => seconds, note: () => {} },
    [{ n: 1 }, { n: 2 }, { n: 3 }],
    5,
    ({ n }) => {
      if (n === 1) throw new Error("no");
      seconds = 1;
      return Promise.resolve({ ms: n });
    },
    () => {},
  );
  deepStrictEqual(rows, [
    { n: 1, error: "no" },
    { n: 2, ms: 2 },
    { n: 3, skipped: "no time left" },
  ]);
});

Deno.test("the summary puts steps beside the roof and beside PyTorch's", () => {
  const step = { model: "vit-b", batchSize: 64, frozen: 0 };
  const facts = (facts: Facts) => ({ seconds: 1, given: 1, facts });
  const summary = summaryOf({
    roofs: facts({ float32Tflops: 50 }),
    steps: facts({
      steps: [{ ...step, ms: 100, tflops: 20, imagesPerSecond: 640 }],
    }),
    peers: facts({
      cases: [
        { ...step, precision: "float32", ms: 80 },
        { ...step, precision: "bf16", ms: 25 },
        { ...step, frozen: 7, precision: "float32", ms: 1 },
      ],
    }),
  });
  const [line] = summary["steps"] as readonly Facts[];
  strictEqual(line?.["ofFloat32Roof"], 0.4);
  deepStrictEqual(line["timeOfPyTorch"], { float32: 1.25, bf16: 4 });
  deepStrictEqual(summary["images"], { loaded: 0, neededByVitB: 640 });
});

Deno.test("the products of a step are counted with their operations, and each has choices", async () => {
  const run = benchedRun("tiny", 2, 0);
  const limits = {
    ...{ workgroupBytes: 16_384, invocations: 256, buffers: 8 },
    isGpu: true,
  };
  const products = productsOf(await stepGraphOf(run), limits);
  const names = products.map(({ sizes }) => describeSizes(sizes));
  strictEqual(new Set(names).size, names.length);
  // The first layer of an MLP, in both blocks: 2 samples, 14 of 36 patches and a class token.
  const first = products.find(({ sizes }) =>
    describeSizes(sizes) === "NT 30×64×16"
  );
  strictEqual(first?.count, 2);
  strictEqual(first.operations, 2 * 30 * 64 * 16);
  for (const { sizes } of products) {
    const choices = choicesFor(limits, sizes);
    ok(choices.length > 1, describeSizes(sizes));
    const keys = choices.map(({ variant, split }) => `${variant} ${split}`);
    strictEqual(new Set(keys).size, keys.length);
  }
});

Deno.test("one form of the product has loops inside and one has none", () => {
  const loops = FORMS.map((form) =>
    productCode(form, 128).split("for (").length - 1
  );
  deepStrictEqual(loops, [3, 1]);
});

for (const form of FORMS) {
  deviceTest(`the ${form} product is the product`, async (device) => {
    const side = 64;
    const values = [0, 1, 2].map(() => ({
      ...{ shape: [side, side], dtype: "float32", storage: "f32" } as const,
      place: { _tag: "Scratch" } as const,
    }));
    const a = randomReals(side ** 2);
    const b = a.toReversed();
    const [c] = await runCalls(
      device,
      values,
      [{
        _tag: "Kernel",
        name: form,
        code: productCode(form, side),
        bindings: [
          { value: 0, access: "read" },
          { value: 1, access: "read" },
          { value: 2, access: "read_write" },
        ],
        workgroups: workgroupsOf(side),
      }],
      new Map([[0, a], [1, b]]),
      [2],
    );
    const wanted = Float64Array.from({ length: side ** 2 }, (_, i) => {
      const [row, column] = [Math.floor(i / side), i % side];
      let sum = 0;
      for (let k = 0; k < side; k++) {
        sum += a[row * side + k]! * b[k * side + column]!;
      }
      return sum;
    });
    assertNear(c!, wanted, () => 1e-4, form);
  });
}

Deno.test("kernels are added up by name, a step at a time", () => {
  const times = timesByName(
    [
      { kernel: "a", ms: 1 },
      { kernel: "b", ms: 5 },
      { kernel: "a", ms: 3 },
      { kernel: "b", ms: 7 },
    ],
    2,
    10,
  );
  deepStrictEqual(times, [
    { kernel: "b", count: 1, ms: 60 },
    { kernel: "a", count: 1, ms: 20 },
  ]);
});

Deno.test("phases that were not measured lie on lines between those that were", () => {
  const known = new Map([[0, 10], [2, 6], [3, 5]]);
  deepStrictEqual([...betweenKnown(known, 4).values()], [10, 8, 6, 5, 5]);
});

Deno.test("steps that take as long as the cost model says save what it predicts", () => {
  const { perLayer } = savingsOf("vit-b", 64, new Map([[0, 1]])) as {
    readonly perLayer: {
      readonly measured: number;
      readonly predicted: number;
    };
  };
  ok(Math.abs(perLayer.measured) < 1e-9);
  ok(perLayer.predicted > 0.15 && perLayer.predicted < 0.2);
});

Deno.test("losses are compared step by step and at their end", () => {
  strictEqual(largestDifference([1, 2.2, 3], [1, 2, 4]), 0.25);
  ok(Number.isNaN(largestDifference([1], [1, 2])));
  strictEqual(endDifference([1, 1, 3], [1, 1, 2]), 0.5);
});

Deno.test("a cheap start has all parameters, and batches differ", () => {
  const { model } = benchedRun("micro", 2, 0);
  const parameters = cheapParameters(model);
  for (const { name, shape } of parameterSpecs(model)) {
    strictEqual(parameters.get(name)?.length, sizeOf(shape), name);
  }
  const [first, second] = randomBatches(model, 3, 2);
  strictEqual(first?.images.length, 3 * 3 * 64 * 64);
  ok(first.images.every(Number.isFinite));
  ok(first.images[0] !== second?.images[0]);
});
