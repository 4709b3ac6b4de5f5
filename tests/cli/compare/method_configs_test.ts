import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  DEFAULT_PRETRAIN_CONFIG,
  describeFaults,
  planOf,
  predictedSaving,
  SMALL_RECIPE,
} from "../../../core/mod.ts";
import {
  plainConfig,
  type PlannedMethod,
  plannedMethods,
} from "../../../cli/compare/method_configs.ts";
import {
  type Method,
  THESIS_METHODS,
  thesisMethods,
} from "../../../cli/compare/methods.ts";
import { right } from "../../right.ts";

const IMAGENET = 1_281_167;

const planned = (
  methods: readonly Method[],
  isControlled = false,
  base = DEFAULT_PRETRAIN_CONFIG,
): readonly PlannedMethod[] =>
  right(plannedMethods(base, IMAGENET, methods, isControlled));

const named = (methods: readonly PlannedMethod[], name: string) =>
  methods.find((method) => method.name === name)!;

const THESIS = planned(THESIS_METHODS);

const layersOf = (name: string) =>
  right(planOf(named(THESIS, name).config, IMAGENET)).layers;

Deno.test("plannedMethods() freezes at the same steps in every method of the thesis and never without freezing", () => {
  const steps = (name: string) =>
    layersOf(name).map(({ freezeStep }) => freezeStep);
  const wanted = steps("freezeout");
  for (const { name } of THESIS_METHODS.slice(2)) {
    deepStrictEqual(steps(name), wanted, name);
  }
  const plan = right(planOf(named(THESIS, "unfrozen").config, IMAGENET));
  strictEqual(predictedSaving(plan), 0);
});

Deno.test("plannedMethods() starts layer 0 of ViT-B, t0 = 0.8, where the thesis' tables do", () => {
  const { baseRate } = DEFAULT_PRETRAIN_CONFIG.rate;
  const first = (name: string) =>
    (layersOf(name)[0]!.schedule.initialRate / baseRate).toFixed(6);
  strictEqual(first("unfrozen"), "1.000000");
  // The layer freezes at 0.512; three losses of later stages reach it beside its own.
  strictEqual(first("freezeout"), (1 / 0.512).toFixed(6));
  strictEqual(first("unscaled"), "1.000000");
  strictEqual(first("sr-lr"), (0.25 ** 0.8 / 0.512).toFixed(6));
  strictEqual(first("lr-lr"), (1 / 0.512 ** 0.7).toFixed(6));
  strictEqual(first("sr-lr+lr-lr"), (0.25 ** 0.8 / 0.512 ** 0.6).toFixed(6));
});

Deno.test("plannedMethods() gives a method that freezes a control at its cost, to half an epoch, and none to others", () => {
  const unfrozen = { name: "unfrozen", flags: "--t0 1" };
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 400 }),
      fc.integer({ min: 50, max: 99 }),
      (epochs, hundredths) => {
        const flags = `--t0 ${hundredths / 100} --warmup-epochs 1`;
        const base = right(plannedMethods(
          DEFAULT_PRETRAIN_CONFIG,
          IMAGENET,
          [{ name: "one", flags: `--epochs ${epochs} --warmup-epochs 1` }],
          false,
        ))[0]!.config;
        const [plain, frozen, ...controls] = planned(
          [unfrozen, { name: "frozen", flags }],
          true,
          base,
        );
        strictEqual(plain!.control, null);
        const control = [plain!, ...controls]
          .find(({ name }) => name === frozen!.control)!;
        const distance = Math.abs(control.flops - frozen!.flops);
        ok(distance <= 0.5001 * plain!.flops / epochs);
        strictEqual(control.config.freeze.t0, 1);
      },
    ),
    { numRuns: 10 },
  );
});

Deno.test("plannedMethods() takes a listed method for a control where it is the same, and one control for all that cost the same", () => {
  const methods = planned([
    { name: "unfrozen", title: "U", flags: "--t0 1" },
    { name: "a", flags: "--t0 0.8" },
    { name: "b", flags: "--t0 0.8 --sr-lr 0.5" },
    { name: "latent", flags: "--t0 0.8 --latent-every 4", cost: "a" },
    { name: "longer", flags: "--t0 0.8", cost: "unfrozen" },
  ], true);
  deepStrictEqual(
    methods.map(({ name, title, control }) => [name, title, control]),
    [
      ["unfrozen", "U", null],
      ["a", "a", "unfrozen-83-epochs"],
      ["b", "b", "unfrozen-83-epochs"],
      ["latent", "latent", "unfrozen-83-epochs"],
      ["longer", "longer", "unfrozen"],
      ["unfrozen-83-epochs", "U, 83 epochs", null],
    ],
  );
});

Deno.test("plannedMethods() compares MAE that freezes with MAE", () => {
  const methods = planned(
    [
      { name: "localmim", flags: "--t0 1" },
      { name: "mae", flags: "--objective mae --t0 1" },
      { name: "frozen-mae", flags: "--objective mae --t0 0.8" },
    ],
    true,
    SMALL_RECIPE,
  );
  const { control } = named(methods, "frozen-mae");
  match(control ?? "", /^mae-\d+-epochs$|^mae$/);
  deepStrictEqual(
    plainConfig(named(methods, "frozen-mae").config).model,
    named(methods, control!).config.model,
  );
});

Deno.test("plannedMethods() sets epochs by cost: a part of the first method's, or another method's", () => {
  const [first, part, longer] = planned([
    { name: "first", flags: "--t0 1" },
    { name: "part", flags: "--t0 1", cost: 0.7 },
    { name: "longer", flags: "--t0 0.8", cost: "first" },
  ]);
  strictEqual(part!.config.training.epochs, 70);
  ok(Math.abs(longer!.flops / first!.flops - 1) < 0.005);
  strictEqual(longer!.config.training.epochs, 121);
});

Deno.test("plannedMethods() names method, flag and field of what is wrong", () => {
  const faultsOf = (methods: readonly Method[]): string => {
    const result = plannedMethods(
      ...[DEFAULT_PRETRAIN_CONFIG, IMAGENET, methods, true] as const,
    );
    return result._tag === "Left" ? describeFaults(result.left) : "none";
  };
  match(
    faultsOf([{ name: "a", flags: "--epoch 1" }]),
    /method a: --epoch: .*the nearest is --epochs/,
  );
  match(
    faultsOf([{ name: "a", flags: "--t0 2" }]),
    /method a: --t0: found "2"/,
  );
  match(faultsOf([{ name: "a", flags: "--seed 2" }]), /method a: --seed/);
  match(
    faultsOf([{ name: "a", cost: "b" }]),
    /method a: cost: found "b", wanted one of the methods before it: there is none/,
  );
});

Deno.test("thesisMethods() leaves out rates by stage where there is one stage", () => {
  deepStrictEqual(thesisMethods(4), THESIS_METHODS);
  deepStrictEqual(
    thesisMethods(1).map(({ name }) => name),
    ["unfrozen", "freezeout", "unscaled", "uniform", "lr-lr"],
  );
});
