/**
 * Device tensors of ONNX Runtime: stretches of one shared memory, lent out by
 * reference and used again.
 */
import {
  type DType,
  type Shape,
  type Signature,
  sizeOf,
} from "../../core/mod.ts";
import { type DeviceTensor, dtypeOf, type HostTensor } from "../backend.ts";
import { checkLength } from "../program_inputs.ts";
import type { Arena, Stretch } from "./arena.ts";
import { returnFreedMemory } from "./runtime/memory_advice.ts";
import type {
  BoundTensor,
  Numbers,
  OrtRuntime,
} from "./runtime/ort_runtime.ts";

/** Numbers, who refers to them, and the extents under which the engine knows them. */
export interface Block {
  /** The numbers. */
  readonly numbers: Numbers;
  /** Their place in the arena. */
  readonly stretch: Stretch;
  /** Lent tensors and running programs that use them. */
  references: number;
  /** By extents; made when first needed, ended with the block. */
  readonly bindings: Map<string, BoundTensor>;
}

/** The tensors of one engine. */
export interface TensorStore {
  /** A block with undefined content and one reference. */
  acquire(signature: Signature): Block;
  /** One more reference. */
  retain(block: Block): Block;
  /** One reference less; without any, the block may be used again. */
  release(block: Block): void;
  /** The block as the engine sees it. */
  bound(block: Block, shape: Shape): BoundTensor;
  /** Hands one reference to the caller of the library. */
  lend(block: Block, signature: Signature): DeviceTensor;
  /** Copies numbers into a block of their own, which is lent. */
  upload(tensor: HostTensor): DeviceTensor;
  /** The storage behind a lent tensor, unless it was disposed or is not from here. */
  lent(tensor: DeviceTensor): Block | undefined;
  /** Gives back the memory of blocks without references. */
  trim(): void;
  /** Disposes every lent tensor. */
  disposeAll(): void;
  /** Tensors that are lent. */
  liveTensors(): number;
  /** Bytes of the blocks with references. */
  liveBytes(): number;
}

/** A new block without references. */
function allocate(arena: Arena, dtype: DType, count: number): Block {
  const stretch = arena.take(4 * count);
  const { buffer } = arena.memory;
  const numbers = dtype === "int32"
    ? new Int32Array(buffer, stretch.start, count)
    : new Float32Array(buffer, stretch.start, count);
  return { numbers, stretch, references: 0, bindings: new Map() };
}

/** Tensors in main memory. */
export function tensorStore(runtime: OrtRuntime, arena: Arena): TensorStore {
  const lentTensors = new Map<DeviceTensor, Block>();
  const used = new Set<Block>();
  const idle = new Map<string, Block[]>();
  let bytes = 0;
  const kindOf = (dtype: DType, count: number): string => `${dtype} ${count}`;
  const store: TensorStore = {
    acquire: ({ dtype, shape }) => {
      const count = sizeOf(shape);
      const block = idle.get(kindOf(dtype, count))?.pop() ??
        allocate(arena, dtype, count);
      used.add(block);
      bytes += block.numbers.byteLength;
      return store.retain(block);
    },
    retain: (block) => {
      block.references++;
      return block;
    },
    release: (block) => {
      if (--block.references > 0) return;
      used.delete(block);
      bytes -= block.numbers.byteLength;
      const kind = kindOf(dtypeOf(block.numbers), block.numbers.length);
      const others = idle.get(kind);
      if (others === undefined) idle.set(kind, [block]);
      else others.push(block);
    },
    bound: ({ numbers, bindings }, shape) => {
      const key = shape.join();
      const binding = bindings.get(key) ?? runtime.bind(numbers, shape);
      bindings.set(key, binding);
      return binding;
    },
    lend: (block, { shape, dtype }) => {
      const lent: DeviceTensor = {
        shape,
        dtype,
        read: () =>
          lentTensors.has(lent)
            ? Promise.resolve(block.numbers.slice())
            : Promise.reject(new Error("The tensor was disposed")),
        dispose: () => {
          if (lentTensors.delete(lent)) store.release(block);
        },
      };
      lentTensors.set(lent, block);
      return lent;
    },
    upload: (tensor) => {
      checkLength(tensor);
      const signature = { shape: tensor.shape, dtype: dtypeOf(tensor.data) };
      const block = store.acquire(signature);
      block.numbers.set(tensor.data);
      return store.lend(block, signature);
    },
    lent: (tensor) => lentTensors.get(tensor),
    trim: () => {
      for (const { bindings, stretch } of [...idle.values()].flat()) {
        bindings.forEach((binding) => runtime.unbind(binding));
        arena.giveBack(stretch);
      }
      idle.clear();
      returnFreedMemory();
    },
    disposeAll: () => [...lentTensors.keys()].forEach((x) => x.dispose()),
    liveTensors: () => lentTensors.size,
    liveBytes: () => bytes,
  };
  return store;
}
