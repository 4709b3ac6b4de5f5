/** Products of matrices against float64 loops. */
import { deepStrictEqual, ok, throws } from "node:assert/strict";
import type { Kernel } from "../../../../backends/webgpu/wgsl/command_list.ts";
import {
  allowedVariants,
  defaultSplit,
  defaultVariant,
  splitCandidates,
  type VariantName,
  VARIANTS,
} from "../../../../backends/webgpu/kernels/matmul/matmul_variants.ts";
import { single, squared } from "./kernel_runs.ts";
import { biased, check, prepared, sizesOf } from "./matmul_cases.ts";
import { deviceTest } from "../device_tests.ts";
import { LEAST_LIMITS } from "../run_calls.ts";

const NAMES = Object.keys(VARIANTS) as readonly VariantName[];
const LETTERS = ["NN", "NT", "TN", "TT"] as const;
const SHAPES = [
  [65, 33, 17],
  [50, 197, 20],
  [1, 5, 3],
  [36, 132, 40],
  [130, 10, 50],
  [1, 1, 1],
] as const;

for (const [v, variant] of NAMES.entries()) {
  deviceTest(`The tile ${variant} is right for odd shapes`, async () => {
    const isQuick = VARIANTS[variant].software[1] < 200;
    for (const [l, letters] of LETTERS.entries()) {
      const own = SHAPES[(l + v) % 5]!;
      for (const shape of isQuick ? SHAPES : [own]) {
        const sizes = sizesOf(shape, letters);
        const hasSums = l % 2 === 0;
        await check({
          sizes,
          options: { variant, split: 1 },
          hasSums,
        });
      }
    }
  });

  deviceTest(`The tile ${variant} is right where it fits`, async () => {
    const { rows, columns } = VARIANTS[variant];
    const letters = LETTERS[v % 4];
    const sizes = sizesOf([rows, 2 * columns, 48], letters);
    await check({
      sizes,
      options: { variant, split: 1 },
      hasSums: true,
    });
  });

  deviceTest(`The tile ${variant} adds parts of sums in order`, async () => {
    const sizes = sizesOf([33, 12, 150], "TN");
    const names = await check({
      sizes,
      options: { variant, split: 3 },
      ...{ hasSums: true, isRepeated: true },
    });
    ok(names[0]!.includes("split 3 with row sums"), names[0]!);
    deepStrictEqual(names.length, 3);
  });

  deviceTest(`The tile ${variant} is right for batches`, async () => {
    const rest = { batch: 3 };
    await check({
      ...{ sizes: sizesOf([7, 9, 50], "NT", rest) },
      options: { variant, split: 1 },
    });
    await check({
      ...{ sizes: sizesOf([12, 8, 52], "TT", rest) },
      options: { variant, split: 2 },
    });
  });
}

deviceTest("A tile is chosen for every shape", async () => {
  for (const [i, shape] of SHAPES.entries()) {
    await check({
      sizes: sizesOf(shape, LETTERS[i % 4]),
      hasSums: true,
    });
  }
});

deviceTest(
  "Two million terms are added in parts that software finishes",
  async () => {
    const k = 2_359_296;
    const names: string[] = [];
    for (const variant of [undefined, "plain", "small"] as const) {
      const options = variant === undefined ? {} : { variant, split: 1 };
      names.push(
        ...await check({
          ...{ sizes: sizesOf([1, 1, k]), options, isRepeated: true },
        }),
      );
    }
    ok(names.every((name) => /split|→/.test(name)), names.join("; "));
  },
);

deviceTest(
  "More workgroups than one axis has are numbered along two",
  async () => {
    const sizes = sizesOf([2, 3, 2], "NN", { batch: 66_000 });
    await check({ sizes, options: { variant: "plain", split: 1 } });
    await check({
      sizes,
      options: { variant: "narrowRows", split: 1 },
    });
  },
);

deviceTest("Operands and targets may be bfloat16", async () => {
  for (const letters of LETTERS) {
    for (const split of [1, 2]) {
      const sizes = sizesOf([20, 36, 52], letters);
      await check({
        ...{ sizes, options: { split }, storage: "bf16" },
      });
    }
  }
  throws(
    () =>
      prepared({
        sizes: sizesOf([4, 4, 4]),
        ...{ options: { variant: "plain", split: 1 }, storage: "bf16" },
      }),
    /by fours/,
  );
});

deviceTest(
  "Operands may be computed on the way, targets have more to do",
  async () => {
    const meaning = {
      ...{ seenA: squared, ofA: (x: number) => x * x, seenTarget: biased },
      ofResult: (x: number, bias: number) => Math.max(0, x + bias),
    };
    for (const variant of ["middle", "plain", "wide"] as const) {
      for (
        const [shape, letters] of [[[36, 20, 24], "NT"], [
          [9, 7, 5],
          "TN",
        ]] as const
      ) {
        const names = await check({
          ...{ sizes: sizesOf(shape, letters), options: { variant, split: 1 } },
          ...meaning,
        });
        ok(names[0]!.endsWith("+ bias relu"), names[0]!);
      }
    }
    const sizes = sizesOf([36, 20, 64], "NN");
    await check({
      sizes,
      options: { variant: "small", split: 2 },
      ...meaning,
    });
  },
);

deviceTest("Operands and targets may be readable by ones only", async () => {
  for (const variant of ["middle", "narrowColumns", "plain"] as const) {
    await check({
      ...{
        sizes: sizesOf([68, 12, 20], "NT"),
        options: { variant, split: 1 },
      },
      ...{ seenA: single, seenB: single, hasSums: true },
      seenTarget: (target) => ({ ...target, vector: false }),
    });
  }
});

const GPU = {
  ...{ workgroupBytes: 49_152, invocations: 1024, buffers: 64, isGpu: true },
};

Deno.test("A large card gets large tiles, and parts of sums where there are few", () => {
  const long = sizesOf([12_800, 3072, 768], "NT");
  ok(VARIANTS[defaultVariant(GPU, long)].rows === 128);
  deepStrictEqual(defaultSplit(GPU, long, defaultVariant(GPU, long)), 1);
  const gradient = sizesOf([768, 768, 3200], "TN");
  const variant = defaultVariant(GPU, gradient);
  const split = defaultSplit(GPU, gradient, variant);
  const { rows, columns } = VARIANTS[variant];
  ok(split > 1);
  ok(Math.ceil(768 / rows) * Math.ceil(768 / columns) * split >= 132);
  ok(splitCandidates(GPU, gradient, variant).includes(split));
});

Deno.test("Only tiles that fit are allowed", () => {
  const sizes = sizesOf([768, 768, 768], "NT");
  ok(allowedVariants(GPU, sizes).includes("deep"));
  ok(!allowedVariants(LEAST_LIMITS, sizes).includes("deep"));
  deepStrictEqual(
    allowedVariants({ ...LEAST_LIMITS, workgroupBytes: 0 }, sizes),
    ["plain"],
  );
  const words = { shape: [1, 4, 4], vector: true, onlyVector: true, label: "" };
  const target = { ...words, open: () => ({ put: () => {}, put4: () => {} }) };
  ok(!allowedVariants(GPU, sizes, [target]).includes("plain"));
});

Deno.test("Names say the product, the tile and what follows", () => {
  const { calls } = prepared({
    sizes: sizesOf([3200, 2304, 768], "NT"),
    options: { variant: "middle", split: 1 },
    seenTarget: biased,
  });
  const name = "matmul NT 3200×2304×768 64×64×16 + bias relu";
  deepStrictEqual(calls.map((call) => (call as Kernel).name), [name]);
});

Deno.test("Row sums of a batch are refused", () => {
  const sizes = sizesOf([4, 4, 4], "NN", { batch: 2 });
  throws(() => prepared({ sizes, hasSums: true }), /batch/);
});
