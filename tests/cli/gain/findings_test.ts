import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { gainsJson, judgedJson } from "../../../cli/gain/findings_json.ts";
import {
  accuracyTable,
  bestOf,
  classRows,
  gainLines,
} from "../../../cli/gain/findings_text.ts";
import type { Start } from "../../../cli/gain/starts.ts";
import { type Judged, judged, type Way } from "../../../cli/gain/ways.ts";

const LABELS = Int32Array.of(0, 0, 1, 1);

/** A classifier that names these classes. */
function naming(way: Way, start: Start, named: readonly number[]): Judged {
  const scores = named.flatMap((one) => one === 0 ? [1, 0] : [0, 1]);
  return judged({ way, start, facts: {} }, scores, LABELS, 2);
}

const ALL = [
  naming("knn", "trained", [0, 0, 1, 0]),
  naming("knn", "pixels", [0, 1, 1, 0]),
  naming("probe", "trained", [0, 0, 1, 0]),
  naming("finetune", "trained", [0, 1, 1, 0]),
  naming("finetune", "untrained", [0, 0, 1, 1]),
];

Deno.test("gainLines() and gainsJson() compare the trained encoder with the others in the same way", () => {
  const lines = gainLines(ALL);
  strictEqual(lines.length, 2);
  match(lines[0] ?? "", /^nearest neighbours: \+25\.0 points .* raw pixels$/);
  match(lines[1] ?? "", /^fine-tuning: −50\.0 points .* untrained weights$/);
  deepStrictEqual(
    gainsJson(ALL).map((one) => (one as { gain: number }).gain),
    [0.25, -0.5],
  );
});

Deno.test("bestOf() is the most accurate classifier of the trained encoder, the later of equal ones", () => {
  strictEqual(bestOf(ALL)?.way, "probe");
  strictEqual(bestOf([]), undefined);
});

Deno.test("tables have a row for each classifier, and for each class with images", () => {
  const [best] = ALL;
  if (best === undefined) throw new Error("unreachable");
  strictEqual(accuracyTable(ALL).split("\n").length, 1 + ALL.length);
  deepStrictEqual(classRows(best, ["cat", "do\ng"]).map(([name]) => name), [
    "cat",
    "do\\u{a}g",
  ]);
  const { confusion } = judgedJson(best, ["a", "b"]) as {
    confusion: number[][];
  };
  deepStrictEqual(confusion, [[2, 0], [1, 1]]);
});
