import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  classRows,
  findingsOf,
  gainLine,
  gainsJson,
  gainsOf,
  startRows,
} from "../../../cli/segment/findings.ts";
import type { Segmented } from "../../../cli/segment/segmented.ts";
import { PROBE_RECIPE } from "../../../core/mod.ts";
import { countPixels, initialProbe } from "../../../train/mod.ts";
import type { Start } from "../../../cli/gain/starts.ts";

const LABELS = Int32Array.of(0, 0, 1, 1);

/** Two images whose pixels are named so; there is a third class, which no pixel is of. */
function naming(start: Start, named: readonly number[]): Segmented {
  const config = { ...PROBE_RECIPE, width: 1, classes: 3 };
  const counts = countPixels(LABELS, Int32Array.from(named), 3);
  return {
    ...{ start, images: [counts, counts], kept: new Map(), patches: 4 },
    probe: { config, sweep: null, probe: initialProbe(config) },
  };
}

const ALL = [
  naming("trained", [0, 0, 1, 1]),
  naming("untrained", [0, 0, 0, 0]),
  naming("pixels", [0, 0, 1, 2]),
];

Deno.test("tables have a row for each start, and for each class that occurs", () => {
  const found = findingsOf(ALL);
  deepStrictEqual(startRows(found), [
    ["trained encoder", "100.0", "100.0 – 100.0", "100.0"],
    ["untrained weights", "25.0", "25.0 – 25.0", "50.0"],
    ["raw pixels", "75.0", "75.0 – 75.0", "75.0"],
  ]);
  deepStrictEqual(classRows(found, ["a", "b\n", "c"]), [
    ["a", "50.0", "100.0", "50.0", "100.0"],
    ["b\\u{a}", "50.0", "100.0", "0.0", "50.0"],
  ]);
});

Deno.test("gains are those of the trained encoder over the others", () => {
  const gains = gainsOf(ALL);
  strictEqual(
    gainLine(gains),
    "mean IoU: +75.0 points (95 %: +75.0 to +75.0) over untrained weights; +25.0 points (95 %: +25.0 to +25.0) over raw pixels",
  );
  match(JSON.stringify(gainsJson(gains)), /"over":"untrained","gain":0.75/);
  deepStrictEqual(gainsOf(ALL.slice(1)), []);
});
