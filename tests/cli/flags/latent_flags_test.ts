import { deepEqual, equal } from "node:assert/strict";
import {
  configFromFlags,
  METHOD_FLAGS,
  type MethodValues,
} from "../../../cli/flags/method_flags.ts";
import { parseFlags } from "../../../cli/flags/parse_flags.ts";
import {
  DEFAULT_PRETRAIN_CONFIG as BASE,
  type LatentTargets,
  type PretrainConfig,
} from "../../../core/mod.ts";
import { faultsOf, right } from "../../right.ts";

const latentOf = (
  values: MethodValues,
  base: PretrainConfig = BASE,
): LatentTargets | undefined =>
  right(configFromFlags(base, values)).model.latent;

const faults = (values: MethodValues, base: PretrainConfig = BASE) =>
  faultsOf(configFromFlags(base, values));

const GIVEN: LatentTargets = { taps: [2], every: 8, weight: 3 };
const WITH = { ...BASE, model: { ...BASE.model, latent: GIVEN } };

Deno.test("--latent-every gives latent targets at the taps of all stages but the last, with weight 1", () => {
  deepEqual(latentOf({ "latent-every": 4 }), {
    taps: [1, 3, 9],
    every: 4,
    weight: 1,
  });
  equal(latentOf({}), undefined);
  equal(latentOf({ "latent-every": 0 }), undefined);
});

Deno.test("flags of latent targets change those of a configuration one by one, and 0 takes them away", () => {
  deepEqual(latentOf({}, WITH), GIVEN);
  deepEqual(latentOf({ "latent-every": 2 }, WITH), { ...GIVEN, every: 2 });
  deepEqual(latentOf({ "latent-weight": 1 }, WITH), { ...GIVEN, weight: 1 });
  deepEqual(latentOf({ "latent-taps": [0, 5] }, WITH), {
    ...GIVEN,
    taps: [0, 5],
  });
  const { model } = right(configFromFlags(WITH, { "latent-every": 0 }));
  deepEqual(model, BASE.model);
});

Deno.test("another model has latent targets at its own taps", () => {
  deepEqual(latentOf({ model: "vit-l" }, WITH), { ...GIVEN, taps: [1, 3, 21] });
  deepEqual(
    latentOf({ model: "vit-l", "latent-taps": [7] }, WITH),
    { ...GIVEN, taps: [7] },
  );
  deepEqual(latentOf({ model: "vit-l", objective: "mae" }, WITH), GIVEN);
});

Deno.test("MAE, whose only stage never freezes, is asked for taps", () => {
  const mae = { objective: "mae", "latent-every": 4 } as const;
  deepEqual(faults(mae), [
    "--latent-every: found 4, wanted --latent-taps beside it: the only stage of the model never freezes",
  ]);
  deepEqual(latentOf({ ...mae, "latent-taps": [3] })?.taps, [3]);
});

Deno.test("taps and weight of latent targets are refused without such targets", () => {
  const wanted = "wanted a --latent-every above 0 beside it";
  deepEqual(faults({ "latent-taps": [1] }), [
    `--latent-taps: found [1], ${wanted}`,
  ]);
  deepEqual(faults({ "latent-weight": 2, "latent-every": 0 }, WITH), [
    `--latent-weight: found 2, ${wanted}`,
  ]);
});

Deno.test("--latent-taps reads numbers of blocks with commas between", () => {
  const read = (text: string) =>
    parseFlags(METHOD_FLAGS, ["--latent-taps", text]);
  deepEqual(right(read("1,3"))["latent-taps"], [1, 3]);
  for (const text of ["", "1,", "x", "-1", "1.5"]) {
    equal(read(text)._tag, "Left", text);
  }
});
