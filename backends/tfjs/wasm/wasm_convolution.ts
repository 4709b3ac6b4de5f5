/** Convolution and its gradients on the WASM backend. */
import type { BackendWasm } from "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import type { ConvolutionOp, Shape } from "../../../core/mod.ts";
import type { KernelTable, StoredTensor } from "../device.ts";
import { extentsOf, fold, sampleProduct, unfold } from "../host/convolution.ts";
import type { HostMemory } from "../host/host_kernel.ts";
import { transposeMatrices } from "../host/matmul.ts";
import { addressOf } from "./wasm_memory.ts";
import { matrixProduct } from "./wasm_matmul.ts";

const FLOAT_BYTES = 4;

/** Runs `work` with room for matrices of the given extents. */
function withRoom(
  backend: BackendWasm,
  memory: HostMemory,
  shapes: readonly Shape[],
  work: (room: readonly StoredTensor[]) => void,
): void {
  const room = shapes.map((shape) =>
    memory.allocate({ shape, dtype: "float32" })
  );
  work(room);
  room.forEach(({ dataId }) => backend.disposeData(dataId));
}

/** As the host kernels do it, with XNNPACK's matrix products. */
export function wasmConvolution(
  backend: BackendWasm,
  memory: HostMemory,
): Pick<KernelTable, ConvolutionOp> {
  const at = (tensor: StoredTensor, start = 0): number =>
    addressOf(backend, tensor) + FLOAT_BYTES * start;
  return {
    conv2d: (node, signatures) => {
      const extents = extentsOf(node, signatures.map(({ shape }) => shape));
      const { m, k, n, image } = sampleProduct(extents);
      const multiply = matrixProduct(backend, { batch: 1, m, k, n });
      return ([x, w]) => {
        const out = memory.allocate(node);
        withRoom(backend, memory, [[k, n]], ([columns]) => {
          for (let b = 0; b < extents.batch; b++) {
            const [to, from] = [memory.view(columns!), memory.view(x!)];
            unfold(to, from, b * image, extents);
            multiply(at(w!), at(columns!), at(out, b * m * n));
          }
        });
        return out;
      };
    },
    conv2dInputGrad: (node, signatures) => {
      const extents = extentsOf(node, signatures.map(({ shape }) => shape));
      const { m, k, n, image } = sampleProduct(extents);
      const multiply = matrixProduct(backend, { batch: 1, m: k, k: m, n });
      return ([dy, w]) => {
        const out = memory.allocate(node);
        withRoom(backend, memory, [[k, n], [k, m]], ([columns, turned]) => {
          transposeMatrices(memory.view(turned!), memory.view(w!), [m, k]);
          for (let b = 0; b < extents.batch; b++) {
            multiply(at(turned!), at(dy!, b * m * n), at(columns!));
            const [to, from] = [memory.view(out), memory.view(columns!)];
            fold(to, b * image, from, extents);
          }
        });
        return out;
      };
    },
    conv2dWeightGrad: (node, signatures) => {
      const extents = extentsOf(node, signatures.map(({ shape }) => shape));
      const { m, k, n, image } = sampleProduct(extents);
      const multiply = matrixProduct(backend, { batch: 1, m: k, k: n, n: m });
      return ([dy, x]) => {
        const out = memory.allocate(node);
        const shapes = [[k, n], [n, m], [k, m]];
        withRoom(backend, memory, shapes, ([columns, turned, part]) => {
          const sums = new Float32Array(k * m);
          for (let b = 0; b < extents.batch; b++) {
            unfold(memory.view(columns!), memory.view(x!), b * image, extents);
            const result = memory.view(dy!).subarray(
              b * m * n,
              (b + 1) * m * n,
            );
            transposeMatrices(memory.view(turned!), result, [m, n]);
            multiply(at(columns!), at(turned!), at(part!));
            memory.view(part!).forEach((v, i) => sums[i] = sums[i]! + v);
          }
          transposeMatrices(memory.view(out), sums, [k, m]);
        });
        return out;
      };
    },
  };
}
