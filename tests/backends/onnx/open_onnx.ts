/**
 * ONNX Runtime for tests, started once.
 *
 * @module
 */
import {
  type Backend,
  describeBackendError,
  onnxBackend,
} from "../../../backends/mod.ts";

/** The engine, or why there is none here. */
export const opened = await onnxBackend();

/**
 * Registers a test on the engine; where it cannot run, the test is skipped with
 * the reason in its name.
 *
 * @param name Subject and law.
 * @param run The test.
 */
export function onOnnx(
  name: string,
  run: (backend: Backend) => Promise<void>,
): void {
  if (opened._tag === "Right") {
    const backend = opened.right;
    return Deno.test(`onnx: ${name}`, () => run(backend));
  }
  const reason = describeBackendError(opened.left);
  Deno.test({
    name: `onnx: ${name} [skipped: ${reason}]`,
    ignore: true,
    fn: () => {},
  });
}
