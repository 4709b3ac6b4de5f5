/**
 * Whether the functions of the library are those that they are taken for.
 *
 * @module
 */
import { encodeModel, type OnnxModel } from "../proto/model.ts";
import type { OrtRuntime, Provider } from "./ort_runtime.ts";

/** `y = x·x` on three numbers. */
const SQUARES: OnnxModel = {
  nodes: [{
    op: "Mul",
    domain: "",
    inputs: ["x", "x"],
    outputs: ["y"],
    attributes: {},
  }],
  initializers: [],
  inputs: [{ name: "x", type: "float32", shape: [3] }],
  outputs: [{ name: "y", type: "float32", shape: [3] }],
};

/**
 * Runs a small model and looks at its numbers.
 *
 * @param provider Which part of ONNX Runtime is to compute.
 * @param runtime The library.
 * @throws If they are wrong, or with ONNX Runtime's message.
 */
export async function proveRuntime(
  provider: Provider,
  runtime: OrtRuntime,
): Promise<void> {
  const x = new Float32Array(new ArrayBuffer(12));
  const y = new Float32Array(new ArrayBuffer(12));
  x.set([1, -2, 3]);
  const session = await runtime.open(encodeModel(SQUARES), {
    provider,
    threads: 1,
    inputs: ["x"],
    outputs: ["y"],
  });
  const tensors = [x, y].map((numbers) => runtime.bind(numbers, [3]));
  await session.run(tensors.slice(0, 1), tensors.slice(1));
  tensors.forEach(runtime.unbind);
  session.release();
  if (y.join() !== "1,4,9") {
    throw new Error(`ONNX Runtime squares ${x.join()} to ${y.join()}`);
  }
}
