/** Tensors on the device that a caller has. */
import {
  left,
  type Result,
  right,
  type Signature,
  sizeOf,
} from "../../../core/mod.ts";
import {
  type BackendError,
  describeBackendError,
  type DeviceTensor,
  dtypeOf,
  type HostTensor,
} from "../../backend.ts";
import { checkLength } from "../../program_inputs.ts";
import { readingsFrom } from "./readings.ts";
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
  /** Most bytes of one tensor. */
  readonly limit: number;
  /** Memory for numbers that are written later. */
  take(bytes: number, tensor: string): Result<BackendError, Region>;
  /** Memory that holds numbers. */
  constant(values: ArrayLike<number>, isWhole: boolean): Result<
    BackendError,
    Region
  >;
  /** Gives memory back that no tensor has. */
  give(region: Region): void;
  /** Makes a tensor of the caller's of numbers in memory. */
  lend(signature: Signature, region: Region): DeviceTensor;
  /** The memory of a tensor, unless it was disposed or is not from here. */
  regionOf(tensor: DeviceTensor): Region | undefined;
  /** Ends a tensor whose memory goes on as another's. */
  end(tensor: DeviceTensor): void;
  /** Writes what waits; before every run. */
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

const asBytes = (
  values: ArrayLike<number>,
  isWhole: boolean,
): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    (isWhole ? Int32Array.from(values) : Float32Array.from(values)).buffer,
  );

/**
 * Tensors on a device.
 *
 * @param failure Reason why the device has failed, or `null`.
 */
export function tensorsOn(
  device: GPUDevice,
  failure: () => string | null,
): Tensors {
  const slabs = slabsOf(device);
  const uploads = uploadsTo(device, slabs);
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
    slabs.give(region);
  };
  const read = async (tensor: DeviceTensor) => {
    const region = live.get(tensor);
    if (region === undefined) throw new Error("The tensor was disposed");
    uploads.flush();
    const count = sizeOf(tensor.shape);
    const numbers = await readings.read({ ...region, bytes: bytesOf(tensor) });
    const reason = failure();
    if (reason !== null) throw new Error(reason);
    return tensor.dtype === "int32"
      ? new Int32Array(numbers, 0, count)
      : new Float32Array(numbers, 0, count);
  };
  const lend: Tensors["lend"] = ({ shape, dtype }, region) => {
    const tensor: DeviceTensor = {
      shape: [...shape],
      dtype,
      read: () => read(tensor),
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
      const name = `a tensor [${shape.join(", ")}]`;
      const region = filled(asBytes(data, dtype === "int32"), name);
      if (region._tag === "Right") return lend({ shape, dtype }, region.right);
      throw new RangeError(describeBackendError(region.left));
    },
    limit: slabs.limit,
    take: slabs.take,
    constant: (values, isWhole) =>
      filled(asBytes(values, isWhole), "a constant"),
    give,
    lend,
    regionOf: (tensor) => live.get(tensor),
    end: (tensor) => void end(tensor),
    flush: uploads.flush,
    liveTensors: () => live.size,
    liveBytes: () => bytes,
    dispose: () => {
      live.clear();
      bytes = 0;
      readings.dispose();
      slabs.dispose();
    },
  };
}
