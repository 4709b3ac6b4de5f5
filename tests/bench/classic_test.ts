import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { errorLine, SIX } from "../../bench/classic/six.ts";
import {
  CLASSIC_FLAGS,
  classicSettings,
} from "../../cli/classic/classic_flags.ts";
import { parseFlags } from "../../cli/flags/parse_flags.ts";
import { right } from "../right.ts";

Deno.test("SIX are two optimizers with three ways to freeze, all different", async () => {
  const settings = await Promise.all(
    SIX.map(({ flags }) =>
      classicSettings(right(parseFlags(CLASSIC_FLAGS, flags)))
    ),
  );
  const configs = settings.map(({ config }) => config);
  deepStrictEqual(
    configs.map(({ optimizer, freeze, rate: { mode } }) => [
      optimizer._tag,
      freeze.t0,
      mode._tag === "LayerWise" ? mode.power : null,
    ]),
    ["Sgd", "AdamW"].flatMap((
      tag,
    ) => [[tag, 1, 1], [tag, 0.8, 1], [tag, 0.8, 0]]),
  );
  strictEqual(new Set(SIX.map(({ name }) => name)).size, 6);
});

Deno.test("errorLine() gives errors in percent", () => {
  const result = { at80: 0.25, at100: 0.2, best: 0.1912, bestEpoch: 9 };
  match(errorLine("SGD", result), /^SGD +25\.00 +20\.00 +19\.12 \(9\) /);
});
