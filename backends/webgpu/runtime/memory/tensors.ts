/** Tensors on the device that a caller has. */
import {
  left,
  type Result,
  right,
  type Shape,
  type Signature,
  sizeOf,
} from "../../../../core/mod.ts";
import {
  type BackendError,
  describeBackendError,
  type DeviceTensor,
  dtypeOf,
  type HostPixels,
  type HostTensor,
} from "../../../backend.ts";
import { checkPixels } from "../../../pixel_numbers.ts";
import { checkLength } from "../../../program_inputs.ts";
import type { Storage } from "../../wgsl/command_list.ts";
import { bfloat16Pairs } from "./bfloat16.ts";
import { pixelsTo } from "./pixels.ts";
import { untilLossIsTold } from "../device_watch.ts";
import { readingsFrom } from "./readings.ts";
import type { Arrival } from "./reports.ts";
import { type Region, slabsOf } from "./slabs.ts";
import { uploadsTo } from "./uploads.ts";

/** The tensors of one device. */
export interface Tensors {
  /**
   * Copies numbers to the device.
   *
   * @throws If they do not fill their shape, or are too many for the device.
   */
  upload(tensor: HostTensor): DeviceTensor;
  /**
   * Copies pictures in bytes; the device makes real numbers of them before it next runs
   * a program or is read. It only looks them up, so that their bits are the same
   * everywhere.
   *
   * @throws As `upload`.
   */
  uploadPixels(pixels: HostPixels): DeviceTensor;
  /** Most bytes of one tensor. */
  readonly limit: number;
  /** Memory for outputs. */
  take(bytes: number, tensor: string): Result<BackendError, Region>;
  /** Takes memory again that was given back; all of it or, if a part is in use, nothing. */
  retake(regions: readonly Region[]): boolean;
  /** Memory that holds numbers. */
  constant(
    values: ArrayLike<number>,
    storage: Storage,
  ): Result<BackendError, Region>;
  /** Gives memory back that no tensor has. */
  give(region: Region): void;
  /** Gives buffers back in which nothing is left, as one of them may have failed. */
  trim(): void;
  /**
   * Makes a tensor of the caller's of numbers in memory.
   *
   * @param arrival The numbers, if they are on their way to main memory; the tensor is read by it then.
   */
  lend(signature: Signature, region: Region, arrival?: Arrival): DeviceTensor;
  /** The memory of a tensor, unless it was disposed or is not from here. */
  regionOf(tensor: DeviceTensor): Region | undefined;
  /** Ends a tensor whose memory goes on as another's. */
  end(tensor: DeviceTensor): void;
  /** Hands over what waits; before every run. */
  flush(): void;
  /** Count of the tensors that callers have. */
  liveTensors(): number;
  /** Bytes of the numbers of these tensors. */
  liveBytes(): number;
  /** Destroys all memory. */
  dispose(): void;
}

const bytesOf = ({ shape }: Pick<Signature, "shape">): number =>
  Math.max(4, 4 * sizeOf(shape));

const stored = {
  f32: (values: ArrayLike<number>) => Float32Array.from(values),
  i32: (values: ArrayLike<number>) => Int32Array.from(values),
  bf16: bfloat16Pairs,
};

const asBytes = (
  values: ArrayLike<number>,
  storage: Storage,
): Uint8Array<ArrayBuffer> => new Uint8Array(stored[storage](values).buffer);

const tensorName = (shape: Shape): string => `a tensor [${shape.join(", ")}]`;

/** The region, or its refusal as an exception. */
function orThrow(region: Result<BackendError, Region>): Region {
  if (region._tag === "Right") return region.right;
  throw new RangeError(describeBackendError(region.left));
}

/** @throws If the device has failed. */
function checkDevice(failure: () => string | null): void {
  const reason = failure();
  if (reason !== null) throw new Error(reason);
}

/**
 * Tensors on a device.
 *
 * @param failure Reason why the device has failed, or `null`.
 */
export function tensorsOn(
  device: GPUDevice,
  failure: () => string | null,
): Tensors {
  // Apart, so that uploads at other times do not take the places of outputs to come.
  const [slabs, outputs] = [slabsOf(device), slabsOf(device)];
  const uploads = uploadsTo(device, slabs);
  const pixels = pixelsTo(device);
  const readings = readingsFrom(device);
  const live = new Map<DeviceTensor, Region>();
  let bytes = 0;
  const end = (tensor: DeviceTensor): Region | undefined => {
    const region = live.get(tensor);
    if (live.delete(tensor)) bytes -= bytesOf(tensor);
    return region;
  };
  const give = (region: Region): void => {
    uploads.forget(region);
    pixels.forget(region);
    [slabs, outputs].forEach((each) => each.give(region));
  };
  const flush = (): void => {
    uploads.flush();
    pixels.flush();
  };
  const numbersOf = async (tensor: DeviceTensor, arrival?: Arrival) => {
    const region = live.get(tensor);
    if (region === undefined) throw new Error("The tensor was disposed");
    if (arrival !== undefined) return await arrival();
    flush();
    return await readings.read({ ...region, bytes: bytesOf(tensor) });
  };
  const read = async (tensor: DeviceTensor, arrival?: Arrival) => {
    checkDevice(failure);
    const numbers = await numbersOf(tensor, arrival).catch(async (error) => {
      await untilLossIsTold();
      checkDevice(failure);
      throw error;
    });
    checkDevice(failure);
    const count = sizeOf(tensor.shape);
    return tensor.dtype === "int32"
      ? new Int32Array(numbers, 0, count)
      : new Float32Array(numbers, 0, count);
  };
  const lend: Tensors["lend"] = ({ shape, dtype }, region, arrival) => {
    const tensor: DeviceTensor = {
      shape: [...shape],
      dtype,
      read: () => read(tensor, arrival),
      dispose: () => {
        const ended = end(tensor);
        if (ended !== undefined) give(ended);
      },
    };
    live.set(tensor, region);
    bytes += bytesOf(tensor);
    return tensor;
  };
  const filled: (
    data: Uint8Array<ArrayBuffer>,
    name: string,
  ) => Result<BackendError, Region> = (data, name) => {
    const region = slabs.take(Math.max(16, data.byteLength), name);
    if (region._tag === "Left") return left(region.left);
    uploads.write(region.right, data);
    return right(region.right);
  };
  return {
    upload: (tensor) => {
      checkLength(tensor);
      const { shape, data } = tensor;
      const dtype = dtypeOf(data);
      const numbers = asBytes(data, dtype === "int32" ? "i32" : "f32");
      const region = orThrow(filled(numbers, tensorName(shape)));
      return lend({ shape, dtype }, region);
    },
    uploadPixels: (pictures) => {
      checkPixels(pictures);
      const { shape } = pictures;
      const signature = { shape, dtype: "float32" as const };
      const bytes = Math.max(16, bytesOf(signature));
      const region = orThrow(slabs.take(bytes, tensorName(shape)));
      pixels.write(region, pictures);
      return lend(signature, region);
    },
    limit: slabs.limit,
    take: outputs.take,
    retake: outputs.retake,
    constant: (values, storage) =>
      filled(asBytes(values, storage), "a constant"),
    give,
    trim: () => [slabs, outputs].forEach((each) => each.trim()),
    lend,
    regionOf: (tensor) => live.get(tensor),
    end: (tensor) => void end(tensor),
    flush,
    liveTensors: () => live.size,
    liveBytes: () => bytes,
    dispose: () => {
      live.clear();
      bytes = 0;
      readings.dispose();
      pixels.dispose();
      [slabs, outputs].forEach((each) => each.dispose());
    },
  };
}
