import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  decodeConvNetConfig,
  decodeFinetuneConfig,
  decodePretrainConfig,
  DEFAULT_PRETRAIN_CONFIG,
  encodePlan,
  encodePretrainConfig,
  FINETUNE_RECIPE,
  FREEZEOUT_RECIPE,
  MODEL_PRESETS,
  planOf,
  renamedFields,
  withNewWords,
} from "../../../core/mod.ts";
import { decodePlan } from "../../../core/plan/plan_json.ts";
import { right } from "../../right.ts";

/** Each word of earlier versions and what it is now. */
const WORDS = [["figure", "perLayer"], ["code", "shared"]] as const;

const withWarmup = <Config extends { readonly rate: object }>(
  config: Config,
  warmup: string,
): Config => ({ ...config, rate: { ...config.rate, warmup } });

const wrn = {
  family: "wideResNet",
  depth: 10,
  width: 1,
  imageSize: 16,
  inChannels: 1,
  classes: 10,
} as const;

for (const [old, now] of WORDS) {
  Deno.test(`configurations with the earlier word ${old} are read as ${now}, and so written`, () => {
    const pretrain = right(
      decodePretrainConfig(withWarmup(DEFAULT_PRETRAIN_CONFIG, old)),
    );
    deepStrictEqual(pretrain, withWarmup(DEFAULT_PRETRAIN_CONFIG, now));
    deepStrictEqual(encodePretrainConfig(pretrain), pretrain);
    const convNet = { ...FREEZEOUT_RECIPE, model: wrn };
    deepStrictEqual(
      right(decodeConvNetConfig(withWarmup(convNet, old))),
      withWarmup(convNet, now),
    );
    const model = MODEL_PRESETS.nano;
    const finetune = { ...FINETUNE_RECIPE, model, classes: 3 };
    deepStrictEqual(
      right(decodeFinetuneConfig(withWarmup(finetune, old))),
      withWarmup(finetune, now),
    );
  });

  Deno.test(`decodePlan() reads a plan with the earlier word ${old}`, () => {
    const config = withWarmup(DEFAULT_PRETRAIN_CONFIG, now);
    const plan = right(planOf(config, 1_281_167));
    const written = JSON.parse(JSON.stringify(encodePlan(plan)));
    written.config.rate.warmup = old;
    deepStrictEqual(right(decodePlan(written)), plan);
  });
}

Deno.test("withNewWords() gives back what has no earlier word, whatever it is", () => {
  for (
    const input of [
      null,
      3,
      "figure",
      [],
      { rate: null },
      { rate: { warmup: "other" } },
      { warmup: "figure" },
      DEFAULT_PRETRAIN_CONFIG,
    ]
  ) strictEqual(withNewWords(input), input);
});

Deno.test("renamedFields() says what earlier words are called, and nothing where there are none", () => {
  for (const warmup of ["figure", "code"]) {
    strictEqual(
      renamedFields({ rate: { warmup } }),
      "the words figure and code for rate.warmup are perLayer and shared now",
    );
  }
  strictEqual(renamedFields({ rate: { warmup: "shared" } }), null);
});
