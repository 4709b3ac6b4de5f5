import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { helloLine, roundLine } from "../../../bench/peers/side_lines.ts";
import type { Result } from "../../../core/mod.ts";

const READY = {
  versions: "a library 1.0",
  settings: "none",
  threads: 2,
  trainable: 12,
  loss: 0.5,
};

const ROUND = {
  forwardMs: null,
  backwardMs: 2,
  gradientMs: 3,
  updateMs: 1,
  totalMs: 4,
  losses: [0.5, -0.25],
};

const line = (value: unknown, other: object = {}): string =>
  JSON.stringify({ ...value as object, ...other });

function faultOf(result: Result<string, unknown>): string {
  strictEqual(result._tag, "Left");
  return result._tag === "Left" ? result.left : "";
}

Deno.test("helloLine() accepts what a side says of itself, or why it is missing", () => {
  deepStrictEqual(helloLine(line(READY)), { _tag: "Right", right: READY });
  const missing = { missing: "no such library" };
  deepStrictEqual(helloLine(line(missing)), { _tag: "Right", right: missing });
});

Deno.test("helloLine() names every fault of a line at once", () => {
  const fault = faultOf(
    helloLine(
      line(READY, { threads: 0, trainable: 1.5, loss: null, speed: 3 }),
    ),
  );
  for (const field of ["threads", "trainable", "loss", "speed"]) {
    match(fault, new RegExp(`\\b${field}: found`));
  }
});

Deno.test("roundLine() accepts a round, its parts known or not", () => {
  deepStrictEqual(roundLine(line(ROUND)), { _tag: "Right", right: ROUND });
});

const BAD: Readonly<Record<string, string>> = {
  "text that is no JSON": "Loading weights…",
  "an empty line": "",
  "a list": "[1, 2]",
  "a time of 0": line(ROUND, { totalMs: 0 }),
  "a time that is not finite": line(ROUND, { gradientMs: null }),
  "a part that is a text": line(ROUND, { forwardMs: "3" }),
  "a part below 0": line(ROUND, { backwardMs: -1 }),
  "no losses": line(ROUND, { losses: [] }),
  "a loss that is not finite": line(ROUND, { losses: [0.5, null] }),
  "a field that is missing": line(ROUND, { updateMs: undefined }),
  "a field that nobody knows": line(ROUND, { speed: 1 }),
};

for (const [what, bad] of Object.entries(BAD)) {
  Deno.test(`roundLine() refuses ${what}`, () => {
    match(faultOf(roundLine(bad)), /found .*wanted /);
  });
}

Deno.test("roundLine() refuses every line that was cut off", () => {
  const whole = line(ROUND);
  for (let end = 0; end < whole.length; end++) {
    faultOf(roundLine(whole.slice(0, end)));
  }
});
