import { rejects } from "node:assert/strict";
import type {
  BoundTensor,
  Numbers,
  OrtRuntime,
} from "../../../../backends/onnx/runtime/ort_runtime.ts";
import { proveRuntime } from "../../../../backends/onnx/runtime/prove_runtime.ts";

/** A library that computes `y` from `x` by the given function, whatever the model says. */
function fakeRuntime(compute: (x: number) => number): OrtRuntime {
  const bound = new Map<BoundTensor, Numbers>();
  return {
    bind: (numbers) => {
      const tensor = {} as BoundTensor;
      bound.set(tensor, numbers);
      return tensor;
    },
    unbind: (tensor) => void bound.delete(tensor),
    open: () =>
      Promise.resolve({
        run: ([x = null], [y = null]) => {
          bound.get(y)?.set(bound.get(x)!.map(compute));
          return Promise.resolve();
        },
        release: () => {},
      }),
  };
}

Deno.test("proveRuntime() accepts a library that squares", async () => {
  await proveRuntime(fakeRuntime((x) => x * x));
});

Deno.test("proveRuntime() refuses a library that computes something else, and says what", async () => {
  await rejects(
    () => proveRuntime(fakeRuntime((x) => x + x)),
    /ONNX Runtime squares 1,-2,3 to 2,-4,6/,
  );
  await rejects(
    () => proveRuntime(fakeRuntime(() => NaN)),
    /ONNX Runtime squares 1,-2,3 to NaN,NaN,NaN/,
  );
});
