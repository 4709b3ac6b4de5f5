/** Device tensors and what they hold in the storage of a backend. */
import { type Signature, sizeOf } from "../../core/mod.ts";
import { checkLength } from "../program_inputs.ts";
import { type DeviceTensor, dtypeOf, type HostTensor } from "../backend.ts";
import {
  type Device,
  type Numbers,
  numbersFor,
  type StoredTensor,
} from "./device.ts";

/** Storage with a count of bytes. Stored tensors are immutable, so views share them. */
export interface TensorPool {
  /** Copies numbers into the storage. */
  write(tensor: HostTensor): StoredTensor;
  /** Counts a tensor that a kernel made. */
  adopt(tensor: StoredTensor): StoredTensor;
  /** Another reference to the same numbers, with other extents. */
  share(tensor: StoredTensor, signature: Signature): StoredTensor;
  /** Gives one reference back; the last one frees the memory. */
  release(tensor: StoredTensor): void;
  /** Hands a reference to the caller of the library. */
  lend(tensor: StoredTensor): DeviceTensor;
  /** The storage behind a lent tensor, unless it was disposed or is not from here. */
  lent(tensor: DeviceTensor): StoredTensor | undefined;
  /** Gives every reference back. */
  releaseAll(): void;
  /** Bytes of all tensors. */
  liveBytes(): number;
}

const bytesOf = ({ shape }: StoredTensor): number => 4 * sizeOf(shape);

/** A copy as the storage wants it: the library keeps some arrays without copying. */
function copyOf({ shape, data }: HostTensor): Numbers {
  const copy = numbersFor(dtypeOf(data), sizeOf(shape));
  copy.set(data);
  return copy;
}

/** The tensors of one device. */
export function tensorPool({ storage, failure }: Device): TensorPool {
  const lentTensors = new WeakMap<DeviceTensor, StoredTensor>();
  const references = new Set<StoredTensor>();
  let bytes = 0;
  const pool: TensorPool = {
    write: (tensor) => {
      checkLength(tensor);
      const [shape, dtype] = [[...tensor.shape], dtypeOf(tensor.data)];
      const dataId = storage.write(copyOf(tensor), shape, dtype);
      return pool.adopt({ dataId, shape, dtype });
    },
    adopt: (tensor) => {
      bytes += bytesOf(tensor);
      references.add(tensor);
      return tensor;
    },
    share: ({ dataId }, { shape, dtype }) => {
      const reference = { dataId, shape: [...shape], dtype };
      storage.incRef(dataId);
      references.add(reference);
      return reference;
    },
    release: (tensor) => {
      if (!references.delete(tensor)) return;
      if (storage.disposeData(tensor.dataId)) bytes -= bytesOf(tensor);
    },
    releaseAll: () => references.forEach(pool.release),
    lend: (tensor) => {
      const lent: DeviceTensor = {
        shape: tensor.shape,
        dtype: tensor.dtype === "int32" ? "int32" : "float32",
        read: async () => {
          if (!lentTensors.has(lent)) {
            throw new Error("The tensor was disposed");
          }
          const numbers = await storage.read(tensor.dataId) as Numbers;
          const reason = failure();
          if (reason !== null) throw new Error(reason);
          return numbers.slice();
        },
        dispose: () => {
          if (lentTensors.delete(lent)) pool.release(tensor);
        },
      };
      lentTensors.set(lent, tensor);
      return lent;
    },
    lent: (tensor) => lentTensors.get(tensor),
    liveBytes: () => bytes,
  };
  return pool;
}
