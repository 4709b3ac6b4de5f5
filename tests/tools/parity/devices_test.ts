/** The reference's numbers on processors; `devices_long_test.ts` has more of them. */
import { ok } from "node:assert/strict";
import { onnxBackend, referenceBackend } from "../../../backends/mod.ts";
import { tfjsBackend } from "../../../backends/tfjs/tfjs_backend.ts";
import { right } from "../../../core/mod.ts";
import { value } from "../../backends/contract.ts";
import {
  failures,
  MAE,
  numbersHold,
  recorded,
  REFERENCE,
  withRecorded,
} from "./numbers_hold.ts";
import { OTHER_MODELS } from "./other_model.ts";

const SMALL = recorded("small", OTHER_MODELS.small);
const exact = right(referenceBackend({ precision: "float64" }));

numbersHold("reference", exact, [REFERENCE, SMALL, MAE]);
numbersHold("wasm", await tfjsBackend("wasm"), [REFERENCE, SMALL, MAE]);
numbersHold("cpu", await tfjsBackend("cpu"), [SMALL, MAE]);
numbersHold("onnx with 2 threads", await onnxBackend({ threads: 2 }), [
  REFERENCE,
  MAE,
]);

/** Wrong numbers of the optimizer, in their places in `config.json`. */
const FAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "β₁ off by a thousandth": { betas: [0.801, 0.9] },
  "β₂ off by a thousandth": { betas: [0.8, 0.901] },
  "ε twice as large": { eps: 2e-7 },
  "weight decay off by a hundredth": { weightDecay: 0.101 },
  "a rate off by a thousandth": { lr: 2.002e-3 },
};

for (const [fault, wrong] of Object.entries(FAULTS)) {
  Deno.test(`compareFolder() finds ${fault} by the parameters, not by the gradients`, async () => {
    const backend = value(await tfjsBackend("wasm"));
    await withRecorded(OTHER_MODELS.small, async (folder) => {
      const path = `${folder}/config.json`;
      const config = JSON.parse(Deno.readTextFileSync(path));
      const schedule = { ...config.schedule, ...wrong };
      Deno.writeTextFileSync(path, JSON.stringify({ ...config, schedule }));
      const failed = await failures(backend, folder);
      ok(failed.some((group) => group.startsWith("parameters after")));
      ok(failed.every((group) => !group.startsWith("gradients")));
    });
  });
}
