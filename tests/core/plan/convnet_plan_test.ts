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
  predictedSaving,
  rateAt,
  ratesAt,
  sizeOf,
} from "../../../core/mod.ts";
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
  & Readonly<Record<"WRN-40-4" | "WRN-28-10", RecordedNet>>
  & {
    readonly "WRN-10-1_t0.5_cubic_1epoch": {
      readonly trace: readonly (readonly [
        step: number,
        rates: Readonly<Record<string, number>>,
      ])[];
      readonly info: RecordedNet;
    };
  };

const wrn = (depth: number, width: number): ConvNetSpec => ({
  family: "wideResNet",
  depth,
  width,
  imageSize: 32,
  inChannels: 3,
  classes: 100,
});

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
  const [name, depth, width] of [["WRN-40-4", 40, 4], [
    "WRN-28-10",
    28,
    10,
  ]] as const
) {
  Deno.test(`convNetPlan() of ${name} has FreezeOut's parameters, layers, freeze times and first rates`, () => {
    const net = recorded[name];
    const plan = right(convNetPlan(wrnConfig(depth, width), THOUSAND));
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

Deno.test("convNetStepGraph() differentiates the kernels of the layers that learn and nothing before them", () => {
  const families = fc.constantFrom("wideResNet" as const, "resNet" as const);
  fc.assert(
    fc.property(
      families,
      fc.integer({ min: 1, max: 2 }),
      fc.nat({ max: 7 }),
      (family, blocks, frozen) => {
        const depth = 6 * blocks + (family === "wideResNet" ? 4 : 2);
        const spec = { ...wrn(depth, 1), family, imageSize: 8 };
        const firstTrained = Math.min(frozen, convNetLayers(spec).length - 1);
        const graph = right(
          convNetStepGraph({ ...spec, batch: 2, firstTrained }),
        );
        const count = (op: string) =>
          graph.nodes.filter((node) => node.op === op).length;
        const kernels = convNetTensors(spec).parameters.filter((p) =>
          p.shape.length === 4 && p.owner >= firstTrained
        );
        strictEqual(count("conv2dWeightGrad"), kernels.length);
        const first = family === "wideResNet" ? /^conv1/ : /conv1|downsample/;
        const fedByFrozen = kernels.filter(({ name, owner: layer }) =>
          layer === firstTrained && first.test(name)
        );
        strictEqual(
          count("conv2dInputGrad"),
          kernels.length - fedByFrozen.length,
        );
        ok(
          Object.keys(graph.outputs).every((name) =>
            convNetTensors(spec).statistics.every((s) =>
              s.name !== name || s.owner >= firstTrained
            )
          ),
        );
      },
    ),
    { numRuns: 20 },
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
