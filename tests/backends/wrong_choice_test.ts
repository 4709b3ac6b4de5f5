import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { describeBackendError } from "../../backends/backend.ts";
import { BACKEND_CHOICES } from "../../backends/device_names.ts";
import { selectBackend } from "../../backends/mod.ts";
import type { SelectOptions } from "../../backends/device_choice.ts";
import { wrongChoice } from "../../backends/wrong_choice.ts";

/** What a user of plain JavaScript reads. */
function sentence(wanted: unknown, options: unknown = {}): string {
  const error = wrongChoice(wanted, options);
  return error === null ? "" : describeBackendError(error);
}

const DEVICES = "wanted one of auto, webgpu, onnx, wasm, cpu, webgpu-ops";
const OPTIONS = "wanted one of threads, precision, tuning, int8, longestSum";

const CASES: readonly (readonly [unknown, unknown, string])[] = [
  ["gpu", {}, `Cannot use gpu: ${DEVICES}; the nearest is webgpu`],
  ["ONNX", {}, `Cannot use ONNX: ${DEVICES}; the nearest is onnx`],
  ["reference", {}, `Cannot use reference: ${DEVICES}`],
  ["", {}, `Cannot use : ${DEVICES}`],
  [undefined, {}, `Cannot use nothing: ${DEVICES}`],
  [null, {}, `Cannot use null: ${DEVICES}`],
  [{ device: "cpu" }, {}, `Cannot use {"device":"cpu"}: ${DEVICES}`],
  [
    "webgpu",
    { precision: "float-32" },
    'Cannot use webgpu: found precision "float-32", wanted one of float32, bf16; the nearest is float32',
  ],
  [
    "auto",
    { precision: 16 },
    "Cannot use auto: found precision 16, wanted one of float32, bf16",
  ],
  [
    "auto",
    { threads: "4" },
    'Cannot use auto: found "4" threads, wanted a whole number of at least 1',
  ],
  [
    "onnx",
    { threads: 0.5 },
    "Cannot use onnx: found 0.5 threads, wanted a whole number of at least 1",
  ],
  [
    "onnx",
    { thread: 4 },
    `Cannot use onnx: found an option thread, ${OPTIONS}; the nearest is threads`,
  ],
  ["onnx", 4, "Cannot use onnx: found options 4, wanted an object"],
  ["onnx", null, "Cannot use onnx: found options null, wanted an object"],
];

for (const [wanted, options, message] of CASES) {
  Deno.test(`wrongChoice() says: ${message}`, () => {
    strictEqual(sentence(wanted, options), message);
  });
}

Deno.test("wrongChoice() gives all faults at once", () => {
  strictEqual(
    sentence("gpu", { precision: "int8", threads: NaN }),
    `Cannot use gpu: ${DEVICES}; the nearest is webgpu; found NaN threads, wanted a whole number of at least 1; found precision "int8", wanted one of float32, bf16`,
  );
});

Deno.test("wrongChoice() is null for all that exists", () => {
  for (const choice of BACKEND_CHOICES) {
    const options = { threads: 2, precision: "bf16", int8: true };
    strictEqual(wrongChoice(choice, options), null);
    strictEqual(wrongChoice(choice, { threads: undefined }), null);
  }
});

Deno.test("selectBackend() refuses wrong names before any engine is started", async () => {
  for (const choice of [...BACKEND_CHOICES, "gpu"]) {
    const options = { precision: "half" } as unknown as SelectOptions;
    deepStrictEqual(await selectBackend(choice as "cpu", options), {
      _tag: "Left",
      left: wrongChoice(choice, options),
    });
  }
});
