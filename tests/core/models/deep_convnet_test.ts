import { interpretGraph } from "../../../core/mod.ts";
import { inputsOf } from "./recorded_convnet.ts";
import {
  compare,
  graphOf,
  steps,
  testOnDevices,
  wordsOf,
} from "./recorded_steps.ts";

for (const step of steps) {
  Deno.test(`convNetStepGraph() of ${wordsOf(step)} computes PyTorch's loss, gradients and running statistics`, () => {
    const inputs = inputsOf(step.spec, step.batch);
    compare(interpretGraph(graphOf(step), inputs), step, 1e-9);
  });
}

await testOnDevices(["cpu", "wasm", "onnx on one thread"]);
