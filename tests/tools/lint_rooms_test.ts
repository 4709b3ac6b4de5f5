import { deepStrictEqual } from "node:assert/strict";
import rooms from "../../tools/lint_rooms.ts";

const messages = (file: string, source: string): readonly string[] =>
  Deno.lint.runPlugin(rooms, file, source).map(({ message }) => message);

const REFUSED: readonly (readonly [string, string, string])[] = [
  [
    "core/plan/x.ts",
    "../../backends/mod.ts",
    "core/ may not know backends/mod.ts",
  ],
  ["core/x.ts", "../mod.ts", "core/ may not know mod.ts"],
  ["core/x.ts", "sharp", "core/ may not know sharp"],
  ["core/x.ts", "node:fs", "core/ may not know node:fs"],
  [
    "core/x.ts",
    "@vitfreeze/vitfreeze/train",
    "core/ may not know api/train.ts",
  ],
  ["backends/x.ts", "../data/mod.ts", "backends/ may not know data/mod.ts"],
  [
    "backends/tfjs/x.ts",
    "../../train/x.ts",
    "backends/ may not know train/x.ts",
  ],
  [
    "backends/x.ts",
    "../examples/x.ts",
    "backends/ may not know examples/x.ts",
  ],
  ["data/x.ts", "../backends/mod.ts", "data/ may not know backends/mod.ts"],
  ["train/x.ts", "../plot/mod.ts", "train/ may not know plot/mod.ts"],
  ["plot/x.ts", "../train/mod.ts", "plot/ may not know train/mod.ts"],
  [
    "data/image/x.ts",
    "../loader/x.ts",
    "data/image/ may not know data/loader/x.ts",
  ],
  [
    "data/sources/tar/x.ts",
    "../folder/x.ts",
    "data/sources/tar/ may not know data/sources/folder/x.ts",
  ],
  [
    "data/decode/headers/x.ts",
    "../../transforms/x.ts",
    "data/decode/ may not know data/transforms/x.ts",
  ],
  [
    "data/transforms/x.ts",
    "../decode/x.ts",
    "data/transforms/ may not know data/decode/x.ts",
  ],
  ["data/loader/x.ts", "../mod.ts", "data/loader/ may not know data/mod.ts"],
  [
    "core/schedule/x.ts",
    "../plan/x.ts",
    "core/schedule/ may not know core/plan/x.ts",
  ],
  [
    "train/engine/x.ts",
    "../tasks/x.ts",
    "train/engine/ may not know train/tasks/x.ts",
  ],
  [
    "train/run/follow/x.ts",
    "../../weights/x.ts",
    "train/run/follow/ may not know train/weights/x.ts",
  ],
  ["train/x.ts", "../cli/x.ts", "train/ may not know cli/x.ts"],
  [
    "cli/flags/x.ts",
    "../runs/x.ts",
    "cli/flags/ may not know cli/runs/x.ts",
  ],
  ["cli/x.ts", "../bench/x.ts", "cli/ may not know bench/x.ts"],
  ["bench/x.ts", "../examples/x.ts", "bench/ may not know examples/x.ts"],
  ["core/x.ts", "fp-ts", "import fp-ts only in core/fp.ts"],
  ["train/x.ts", "npm:fp-ts@2.16.11", "import fp-ts only in core/fp.ts"],
  ["core/fp.ts", "io-ts", "import io-ts only in core/codec/codec.ts"],
  [
    "train/x.ts",
    "@tensorflow/tfjs",
    "import @tensorflow only in backends/tfjs/ or tests/backends/ or bench/peers/",
  ],
  [
    "backends/select.ts",
    "@tensorflow/tfjs-backend-wasm",
    "import @tensorflow only in backends/tfjs/ or tests/backends/ or bench/peers/",
  ],
  ["train/x.ts", "@jax-js/jax", "import @jax-js only in bench/peers/"],
];

const ALLOWED: readonly (readonly [string, string])[] = [
  ["core/plan/x.ts", "../result.ts"],
  ["core/fp.ts", "fp-ts"],
  ["core/codec/codec.ts", "io-ts"],
  ["backends/tfjs/x.ts", "@tensorflow/tfjs"],
  ["backends/tfjs/x.ts", "../../core/mod.ts"],
  ["data/x.ts", "../core/mod.ts"],
  ["data/x.ts", "sharp"],
  ["data/mod.ts", "./loader/x.ts"],
  ["data/loader/x.ts", "./y.ts"],
  ["train/run/follow/x.ts", "../../train_error.ts"],
  ["data/loader/x.ts", "../decode/x.ts"],
  ["data/loader/x.ts", "../../core/mod.ts"],
  ["data/decode/headers/x.ts", "../x.ts"],
  ["data/transforms/x.ts", "../decode/resample/x.ts"],
  ["data/sources/opening/x.ts", "../tar/x.ts"],
  ["data/sources/tar/x.ts", "../x.ts"],
  ["train/x.ts", "../data/mod.ts"],
  ["train/x.ts", "../backends/mod.ts"],
  ["plot/x.ts", "@observablehq/plot"],
  ["cli/x.ts", "../train/mod.ts"],
  ["examples/x.ts", "../cli/x.ts"],
  ["bench/x.ts", "../cli/x.ts"],
  ["tests/core/x_test.ts", "../../core/mod.ts"],
  ["bench/peers/x.ts", "@jax-js/jax"],
  ["mod.ts", "./train/mod.ts"],
];

const FORMS: Readonly<Record<string, (specifier: string) => string>> = {
  "a static import": (s) => `import { x } from "${s}";`,
  "a type import": (s) => `import type { X } from "${s}";`,
  "a dynamic import": (s) => `const x = () => import("${s}");`,
  "a named re-export": (s) => `export { x } from "${s}";`,
  "a full re-export": (s) => `export * from "${s}";`,
};

for (const [form, write] of Object.entries(FORMS)) {
  Deno.test(`lint_rooms refuses ${form} against the one way`, () => {
    for (const [file, specifier, message] of REFUSED) {
      deepStrictEqual(messages(file, write(specifier)), [message]);
    }
  });

  Deno.test(`lint_rooms lets ${form} along the one way be`, () => {
    for (const [file, specifier] of ALLOWED) {
      deepStrictEqual(
        messages(file, write(specifier)),
        [],
        `${file} ${specifier}`,
      );
    }
  });
}

Deno.test("lint_rooms knows absolute file names, as the linter gives them", () => {
  const file = new URL("../../core/x.ts", import.meta.url).pathname;
  deepStrictEqual(messages(file, 'import "sharp";'), [
    "core/ may not know sharp",
  ]);
});

Deno.test("lint_rooms leaves exports without a source alone", () => {
  deepStrictEqual(messages("core/x.ts", "export const x = 1;"), []);
});
