/** The reference's numbers, and those of other models, on every device that this machine has. */
import { onnxBackend, referenceBackend } from "../../../backends/mod.ts";
import { tfjsBackend } from "../../../backends/tfjs/tfjs_backend.ts";
import { webgpuBackend } from "../../../backends/webgpu/webgpu_backend.ts";
import { right } from "../../../core/mod.ts";
import { MAE, numbersHold, recorded, REFERENCE } from "./numbers_hold.ts";
import { OTHER_MODELS } from "./other_model.ts";

const SMALL = recorded("small", OTHER_MODELS.small);
const LARGER = recorded("larger", OTHER_MODELS.larger);
const exact = right(referenceBackend({ precision: "float64" }));

numbersHold("reference", exact, [LARGER]);
numbersHold("wasm", await tfjsBackend("wasm"), [LARGER]);
numbersHold("cpu", await tfjsBackend("cpu"), [REFERENCE, LARGER]);
numbersHold("webgpu", await webgpuBackend(), [
  ...[REFERENCE, SMALL, LARGER, MAE],
]);
numbersHold("webgpu-ops", await tfjsBackend("webgpu-ops"), [SMALL, MAE]);
numbersHold("onnx with 1 threads", await onnxBackend({ threads: 1 }), [
  ...[REFERENCE, SMALL, LARGER],
]);
numbersHold("onnx with 2 threads", await onnxBackend({ threads: 2 }), [
  ...[SMALL, LARGER],
]);
