import { decode } from "../../../core/codec/codec.ts";
import { convNetCodec } from "../../../core/models/convnet_spec.ts";
import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  type ConvNetConfig,
  convNetPlan,
  type ConvNetSpec,
  convNetStepGraph,
  convNetTensors,
  decodeConvNetConfig,
  FREEZEOUT_ADAMW,
  FREEZEOUT_RECIPE,
  gradientName,
  predictedSaving,
  rateAt,
  ratesAt,
  sizeOf,
} from "../../../core/mod.ts";
import type { ResidualSpec } from "../../../core/models/convnets/residual.ts";
import { convNetLayers } from "../../../core/models/convnet_spec.ts";
import { goldenJson } from "../../golden_files.ts";
import { faultsOf, right } from "../../right.ts";

type RecordedLayer = readonly [
  kind: string,
  index: number,
  freezeTime: number,
  iterations: number,
  firstRate: number,
];

interface RecordedNet {
  readonly params: number;
  readonly "last_layer_index": number;
  readonly layers: readonly RecordedLayer[];
}

const recorded = goldenJson("freezeout_orig.json") as
  & Readonly<
    Record<
      "WRN-40-4" | "WRN-28-10" | "DenseNet-k12-L76" | "VGG-E",
      RecordedNet
    >
  >
  & {
    readonly "WRN-10-1_t0.5_cubic_1epoch": {
      readonly trace: readonly (readonly [
        step: number,
        rates: Readonly<Record<string, number>>,
      ])[];
      readonly info: RecordedNet;
    };
  };

const CIFAR = { imageSize: 32, inChannels: 3, classes: 100 };

const wrn = (depth: number, width: number): ResidualSpec => ({
  family: "wideResNet",
  depth,
  width,
  ...CIFAR,
});

const DENSE: ConvNetSpec = {
  ...{ family: "denseNet", depth: 76, growthRate: 12, reduction: 0.5 },
  ...CIFAR,
};

const VGG: ConvNetSpec = {
  ...{ family: "vgg", depth: 16, channels: 64, dropout: 0.5 },
  ...CIFAR,
};

const wrnConfig = (
  depth: number,
  width: number,
  changed: Partial<ConvNetConfig> = {},
): ConvNetConfig => ({
  ...FREEZEOUT_RECIPE,
  model: wrn(depth, width),
  ...changed,
});

/** Images of the thousand iterations that FreezeOut takes an epoch for. */
const THOUSAND = 50 * 1000;

const near = (found: number, wanted: number): boolean =>
  Math.abs(found - wanted) <= 1e-12 * Math.abs(wanted);

for (
  const [name, model] of [
    ["WRN-40-4", wrn(40, 4)],
    ["WRN-28-10", wrn(28, 10)],
    ["DenseNet-k12-L76", DENSE],
    ["VGG-E", VGG],
  ] as const
) {
  Deno.test(`convNetPlan() of ${name} has FreezeOut's parameters, layers, freeze times and first rates`, () => {
    const net = recorded[name];
    const plan = right(convNetPlan({ ...FREEZEOUT_RECIPE, model }, THOUSAND));
    const { parameters } = convNetTensors(plan.config.model);
    const count = parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    strictEqual(count, net.params);
    strictEqual(plan.layers.length, net.last_layer_index + 1);
    for (const [kind, index, freezeTime, iterations, firstRate] of net.layers) {
      const layer = plan.layers[index]!;
      ok(near(layer.freezeTime, freezeTime), `${kind} ${index}`);
      ok(near(layer.schedule.annealSteps, iterations), `${kind} ${index}`);
      ok(near(rateAt(layer.schedule)(0), firstRate), `${kind} ${index}`);
    }
  });
}

Deno.test("convNetLayers() of DenseNet-BC puts transitions at 13 and 26, of VGG convolutions at 0 to 12", () => {
  const dense = convNetLayers(DENSE);
  deepStrictEqual([0, 1, 12, 13, 14, 25, 26, 27, 38, 39].map((i) => dense[i]), [
    ...["conv1", "dense1.0", "dense1.11", "trans1", "dense2.0", "dense2.11"],
    ...["trans2", "dense3.0", "dense3.11", "fc"],
  ]);
  // Poolings have numbers, but no layers.
  deepStrictEqual(convNetLayers(VGG), [
    ...[0, 1, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15, 16].map((i) =>
      `features.${i}`
    ),
    "classifier",
  ]);
});

Deno.test("ratesAt() of WRN-10-1 follow FreezeOut's trace, also where layers drop out of it", () => {
  const { trace, info } = recorded["WRN-10-1_t0.5_cubic_1epoch"];
  const plan = right(convNetPlan(
    wrnConfig(10, 1, {
      freeze: { t0: 0.5, scale: "cubic" },
      training: { ...FREEZEOUT_RECIPE.training, epochs: 1 },
    }),
    THOUSAND,
  ));
  strictEqual(plan.layers.length, info.last_layer_index + 1);
  for (const [step, wanted] of trace) {
    ratesAt(plan)(step).layers.forEach((rate, layer) => {
      const recordedRate = wanted[layer] ?? 0;
      ok(Math.abs(rate - recordedRate) < 1e-15, `layer ${layer}, ${step}`);
    });
  }
});

const SMALL = { imageSize: 8, inChannels: 3, classes: 100 };

const smallNetworks: fc.Arbitrary<ConvNetSpec> = fc
  .tuple(
    fc.constantFrom("wideResNet", "resNet", "denseNet", "vgg"),
    fc.integer({ min: 1, max: 2 }),
  )
  .map(([family, n]): ConvNetSpec => {
    switch (family) {
      case "denseNet":
        return {
          ...{ family, depth: 6 * n + 4, growthRate: 2, reduction: 0.5 },
          ...SMALL,
        };
      case "vgg":
        return {
          ...{ family, depth: n === 1 ? 11 : 16, channels: 1, dropout: 0.5 },
          ...{ ...SMALL, imageSize: 32 },
        };
      default:
        return {
          ...{ family, depth: 6 * n + (family === "resNet" ? 2 : 4), width: 1 },
          ...SMALL,
        };
    }
  });

/** Kernels of a layer that are given what the layer before gives: the way back ends at them. */
const FIRST_KERNELS: Readonly<Record<ConvNetSpec["family"], RegExp>> = {
  wideResNet: /^conv1/,
  resNet: /conv1|downsample/,
  denseNet: /^conv1/,
  vgg: /conv1/,
};

Deno.test("convNetStepGraph() differentiates the kernels of the layers that learn and nothing before them", () => {
  fc.assert(
    fc.property(smallNetworks, fc.nat({ max: 7 }), (spec, frozen) => {
      const firstTrained = Math.min(frozen, convNetLayers(spec).length - 1);
      const graph = right(
        convNetStepGraph({ ...spec, batch: 2, firstTrained }),
      );
      const count = (op: string) =>
        graph.nodes.filter((node) => node.op === op).length;
      const learning = convNetTensors(spec).parameters
        .filter(({ owner }) => owner >= firstTrained);
      const kernels = learning.filter(({ shape }) => shape.length === 4);
      strictEqual(count("conv2dWeightGrad"), kernels.length);
      const fedByFrozen = kernels.filter(({ name, owner: layer }) =>
        layer === firstTrained && FIRST_KERNELS[spec.family].test(name)
      );
      strictEqual(
        count("conv2dInputGrad"),
        kernels.length - fedByFrozen.length,
      );
      const names = Object.keys(graph.outputs);
      deepStrictEqual(
        names.filter((name) => name.startsWith("gradient/")),
        learning.map(({ name }) => gradientName(name)),
      );
      ok(
        names.every((name) =>
          convNetTensors(spec).statistics.every((s) =>
            s.name !== name || s.owner >= firstTrained
          )
        ),
      );
    }),
    { numRuns: 30 },
  );
});

Deno.test("predictedSaving() of a network is 0 without freezing and grows when layers freeze earlier", () => {
  const savingOf = (t0: number): number =>
    predictedSaving(
      right(
        convNetPlan(wrnConfig(10, 1, { freeze: { t0, scale: "cubic" } }), 5000),
      ),
    );
  const savings = [1, 0.8, 0.5].map(savingOf);
  strictEqual(savings[0], 0);
  ok(savings[1]! > 0.1 && savings[1]! < savings[2]! && savings[2]! < 0.67);
});

Deno.test("convNetCodec names every size that makes no network", () => {
  const check = decode(convNetCodec);
  deepStrictEqual(faultsOf(check({ ...wrn(29, 1), classes: 1 })), [
    "classes: found 1, wanted a whole number of at least 2",
  ]);
  deepStrictEqual(faultsOf(check(wrn(29, 1))), [
    "depth: found 29, wanted 6·n + 4 (wideResNet), n at least 1",
  ]);
  deepStrictEqual(
    faultsOf(check({ ...wrn(28, 1), family: "resNet", inChannels: 2 })),
    ["inChannels: found 2, wanted 1 or 3"],
  );
});

Deno.test("convNetCodec names every size that makes no DenseNet and no VGG", () => {
  const check = decode(convNetCodec);
  deepStrictEqual(
    faultsOf(check({ ...DENSE, depth: 75, imageSize: 30, growthRate: 0 })),
    ["growthRate: found 0, wanted a whole number of at least 1"],
  );
  deepStrictEqual(faultsOf(check({ ...DENSE, depth: 75, imageSize: 30 })), [
    "depth: found 75, wanted 6·n + 4 (denseNet), n at least 1",
    "imageSize: found 30, wanted a multiple of 4: a denseNet halves its maps twice",
  ]);
  deepStrictEqual(
    faultsOf(check({ ...DENSE, depth: 10, growthRate: 1, reduction: 0.1 })),
    ["reduction: found 0.1, wanted so much that channels are left"],
  );
  deepStrictEqual(faultsOf(check({ ...VGG, imageSize: 28 })), [
    "imageSize: found 28, wanted a multiple of 32: a vgg halves its maps five times",
  ]);
  deepStrictEqual(
    faultsOf(check({ ...VGG, depth: 12, dropout: 1, width: 1 })),
    [
      "depth: found 12, wanted 11 or 13 or 16 or 19",
      "dropout: found 1, wanted a number in [0, 1)",
      "width: found 1, wanted no such field",
    ],
  );
  deepStrictEqual(faultsOf(check({ ...VGG, family: "vgg16" })), [
    'family: found "vgg16", wanted "wideResNet" or "resNet" or "denseNet" or "vgg"',
  ]);
});

Deno.test("convNetPlan() refuses a first layer that freezes in the warm-up, too few images and bad fields", () => {
  const { training } = FREEZEOUT_RECIPE;
  deepStrictEqual(
    faultsOf(convNetPlan(
      wrnConfig(10, 1, {
        training: { ...training, epochs: 10, warmupEpochs: 6 },
      }),
      5000,
    )),
    [
      "freeze.t0: found 0.8, wanted at least 0.8435: the first layer would freeze at 0.8³ = 0.512 of the run, at step 512 of 1000, and the warm-up lasts until step 600",
    ],
  );
  deepStrictEqual(faultsOf(convNetPlan(wrnConfig(10, 1), 49)), [
    "samples: found 49, wanted a whole number of at least 50 (batchSize)",
  ]);
  deepStrictEqual(
    faultsOf(decodeConvNetConfig({
      ...wrnConfig(10, 1),
      freeze: { t0: 0, scale: "cubic" },
      optimizer: { ...FREEZEOUT_ADAMW.optimizer, beta1: 1 },
      training: { ...training, batchSize: 1 },
    })),
    [
      "freeze.t0: found 0, wanted a number in (0, 1]",
      "optimizer.beta1: found 1, wanted a number in [0, 1)",
      "training.batchSize: found 1, wanted a whole number of at least 2",
    ],
  );
});
