import { deepStrictEqual, strictEqual } from "node:assert/strict";
import purity from "../../tools/lint_purity.ts";

const messages = (file: string, source: string): readonly string[] =>
  Deno.lint.runPlugin(purity, file, source).map(({ message }) => message);

const IMPURE: Readonly<Record<string, string>> = {
  "throw new Error()": "core returns Left instead of throwing",
  "const x = Math.random();": "core is deterministic: take a key",
  "const x = crypto.randomUUID();": "core is deterministic: take a key",
  "const now = new Date();": "core knows no clock: take the time as a value",
  "const now = performance.now();":
    "core knows no clock: take the time as a value",
  "setTimeout(f, 1);": "core knows no clock: take the time as a value",
  "console.log(1);": "core is silent: return what is to be said",
  "const home = Deno.cwd();": "core knows no runtime: do this at the rim",
  "const x = { Deno };": "core knows no runtime: do this at the rim",
  "const x = globalThis.name;": "core knows no global",
  "await task;": "core does not wait",
  "async function f() {}": "core does not wait",
  "const f = async () => {};": "core does not wait",
  "const f = { async g() {} };": "core does not wait",
};

for (const [source, message] of Object.entries(IMPURE)) {
  Deno.test(`lint_purity refuses \`${source}\` in core/, however deep`, () => {
    deepStrictEqual(messages("core/model/x.ts", source), [message]);
    deepStrictEqual(messages("core/x.ts", source), [message]);
  });

  Deno.test(`lint_purity lets \`${source}\` be outside of core/`, () => {
    deepStrictEqual(messages("train/core.ts", source), []);
    deepStrictEqual(messages("tests/core/x_test.ts", source), []);
  });
}

Deno.test("lint_purity takes labels of properties for labels", () => {
  const source = `
    interface Cost { readonly performance: number; Date: string }
    const cost = { performance: 1, Date: "" };
    export const sum = cost.performance + Math.hypot(3, 4);
  `;
  strictEqual(messages("core/x.ts", source).length, 0);
});

for (
  const source of [
    "const home = Deno.cwd();",
    "const home = process.cwd();",
    "const home = globalThis.Deno.cwd();",
    'import "node:fs";',
    'const fs = () => import("node:fs");',
  ]
) {
  Deno.test(`lint_purity refuses \`${source}\` in backends/`, () => {
    deepStrictEqual(messages("backends/tfjs/x.ts", source), [
      "backends also run in a browser",
    ]);
    deepStrictEqual(messages("data/x.ts", source), []);
    deepStrictEqual(messages("tests/backends/x_test.ts", source), []);
  });
}

Deno.test("lint_purity lets the door to native code name Deno, and no file beside it", () => {
  const source = "const library = Deno.dlopen(path, {});";
  const folder = "backends/onnx/runtime";
  deepStrictEqual(messages(`${folder}/native_library.ts`, source), []);
  strictEqual(messages(`${folder}/ort_api.ts`, source).length, 1);
});

Deno.test("lint_purity lets backends wait and keep time", () => {
  const source = "const t = async () => await x(performance.now());";
  deepStrictEqual(messages("backends/x.ts", source), []);
});
