import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  describeReport,
  STATISTICS_FLAGS,
  statisticsFrom,
} from "../../../cli/flags/encoder_flags.ts";
import { right } from "../../right.ts";

const OWN = {
  normalization: { mean: [0.1], deviation: [0.2] },
  from: "the images' own",
};

const SAID = { mean: [0.5, 0.4, 0.3], deviation: [0.5, 0.5, 0.5], from: "x" };

Deno.test("statisticsFrom() takes what flags say, else what the encoder's files say, else the images' own", () => {
  const flags = { mean: [0.3], std: [0.2, 0.3, 0.4] };
  deepStrictEqual(
    right(statisticsFrom(flags, { normalization: SAID }, OWN)).normalization,
    { mean: [0.3, 0.3, 0.3], deviation: [0.2, 0.3, 0.4] },
  );
  deepStrictEqual(right(statisticsFrom({}, { normalization: SAID }, OWN)), {
    normalization: { mean: SAID.mean, deviation: SAID.deviation },
    from: "as x says",
  });
  deepStrictEqual(
    right(statisticsFrom({}, { normalization: null }, OWN)),
    OWN,
  );
});

Deno.test("statisticsFrom() wants both flags or none", () => {
  for (const [given, missing] of [["mean", "std"], ["std", "mean"]]) {
    const found = statisticsFrom(
      { [given!]: [0.5] },
      { normalization: SAID },
      OWN,
    );
    deepStrictEqual(found, {
      _tag: "Left",
      left: `--${given}: found nothing beside it, wanted --${missing}, too`,
    });
  }
});

Deno.test("STATISTICS_FLAGS read one or three numbers, deviations above 0", () => {
  const { mean, std } = STATISTICS_FLAGS;
  deepStrictEqual(right(mean.parse("0.5")), [0.5]);
  deepStrictEqual(right(mean.parse("0, -1, 2")), [0, -1, 2]);
  deepStrictEqual(right(std.parse("1e-3,1,2")), [1e-3, 1, 2]);
  for (const text of ["", "a", "1,2", "1,,2", "1,2,3,4", "NaN", "Infinity"]) {
    strictEqual(mean.parse(text)._tag, "Left", text);
  }
  for (const text of ["0", "1,0,1", "-1"]) {
    strictEqual(std.parse(text)._tag, "Left", text);
  }
});

Deno.test("describeReport() tells everything that was found, missing and left, the first four of each", () => {
  deepStrictEqual(
    describeReport({
      prefix: "module.",
      used: ["a"],
      missing: ["b"],
      zeros: ["c"],
      leftOver: ["d", "e", "f", "g", "h", "i"],
      opaque: ["args (argparse.Namespace)"],
      positions: { grid: null, classToken: false, offFixed: 0 },
    }),
    [
      "found under: module.",
      "not in it, as untrained: b",
      "not in it, zeros compute the same: c",
      "not in it, the fixed sines and cosines: pos_embed",
      "of no use here: d, e, f, g, 2 more",
      "objects that stay closed: args (argparse.Namespace)",
    ],
  );
});
