/** Choice of an engine that this machine can run. */
import { left, type Result, right } from "../core/mod.ts";
import {
  type Backend,
  type BackendError,
  describeBackendError,
} from "./backend.ts";
import {
  type BackendChoice,
  type DeviceName,
  DEVICES,
  type Precision,
} from "./device_names.ts";
import { onnxBackend } from "./onnx/onnx_backend.ts";
import { selfTest, type TestedNeeds } from "./self_test.ts";
import { graphicsAdapter } from "./webgpu/device/graphics_adapter.ts";
import { tfjsBackend } from "./tfjs/tfjs_backend.ts";
import type { TuningOptions } from "./webgpu/tune/tuner.ts";
import { webgpuBackend } from "./webgpu/webgpu_backend.ts";
import { wrongChoice } from "./wrong_choice.ts";

/** Options of a device. */
export interface SelectOptions extends TestedNeeds {
  /** Threads that compute, on `onnx`; the processor's cores by default. */
  readonly threads?: number;
  /** Form of activations, on `webgpu`; `float32` by default. */
  readonly precision?: Precision;
  /**
   * Measurement of kernels on a graphics card, on `webgpu`; by default none are measured.
   * Give a store to keep what was found from one start to the next.
   */
  readonly tuning?: TuningOptions;
}

/** A device and whether it can be used. */
export interface Availability {
  /** Name of the device. */
  readonly device: DeviceName;
  /** It started and computed the right numbers. */
  readonly usable: boolean;
  /** Real graphics hardware. */
  readonly isGpu: boolean;
  /** Its description, or the reason why it cannot be used. */
  readonly reason: string;
}

/** An engine that was chosen. */
export interface Selection {
  /** The engine, tested. */
  readonly backend: Backend;
  /** Reason for this one, as a sentence to print. */
  readonly why: string;
}

function started(
  device: DeviceName,
  options: SelectOptions,
): Promise<Result<BackendError, Backend>> {
  switch (device) {
    case "onnx":
      return onnxBackend(options);
    case "webgpu":
      return webgpuBackend(options);
    default:
      return tfjsBackend(device);
  }
}

async function tested(
  device: DeviceName,
  options: SelectOptions = {},
): Promise<Result<BackendError, Backend>> {
  const backend = await started(device, options);
  return backend._tag === "Left"
    ? backend
    : await selfTest(backend.right, options);
}

/** Starts and tests every device. */
export async function availableDevices(): Promise<readonly Availability[]> {
  const list: Availability[] = [];
  for (const device of DEVICES) {
    const backend = await tested(device);
    const { isGpu, description: reason } = backend._tag === "Right"
      ? backend.right.device
      : { isGpu: false, description: describeBackendError(backend.left) };
    list.push({ device, usable: backend._tag === "Right", isGpu, reason });
  }
  return list;
}

/** Objection to WebGPU as the choice of `auto`, or `null`. */
async function objectionToWebGpu(): Promise<string | null> {
  const adapter = await graphicsAdapter();
  if (typeof adapter === "string") return adapter;
  return adapter.isGpu
    ? null
    : `its adapter ${adapter.description} is software, slower than the processor itself`;
}

/** Notes on what was asked for and a device cannot do. */
const cannot = (
  device: DeviceName,
  { threads, precision }: SelectOptions,
): readonly string[] => [
  ...threads === undefined || device === "onnx"
    ? []
    : [`only onnx can be told to use ${threads} threads`],
  ...precision === undefined || precision === "float32" || device === "webgpu"
    ? []
    : [`only webgpu keeps activations in ${precision}`],
];

async function selectFastest(
  options: SelectOptions,
): Promise<Result<BackendError, Selection>> {
  const objection = await objectionToWebGpu();
  const objections = objection === null ? [] : [`not webgpu: ${objection}`];
  const candidates = DEVICES.filter((device) =>
    device !== "webgpu-ops" && (device !== "webgpu" || objection === null)
  );
  for (const device of candidates) {
    const backend = await tested(device, options);
    if (backend._tag === "Right") {
      const notes = cannot(device, options);
      const why = sentence(backend.right, [...objections, ...notes]);
      return right({ backend: backend.right, why: `Chose ${why}` });
    }
    objections.push(`not ${device}: ${describeBackendError(backend.left)}`);
  }
  const reason = objections.join("; ");
  return left({ _tag: "BackendUnavailable", device: "auto", reason });
}

const sentence = ({ device }: Backend, notes: readonly string[]): string =>
  [`${device.name} (${device.description})`, ...notes].join("; ");

/**
 * Starts an engine and tests it.
 *
 * `auto` takes WebGPU if its adapter is a real graphics processor, else ONNX
 * Runtime's native code, else WebAssembly, else plain JavaScript. A device that is
 * asked for by name is taken or refused, never replaced.
 *
 * @param wanted A device, or `auto`.
 * @param options Threads and precision; a device that has none to choose is refused with them if
 * it was asked for by name. Tuning, which other devices than `webgpu` pass over. What a run will need besides; a device that has it not, or
 * computes it wrongly, is refused or passed over.
 * @returns The engine and the reason for it, or why there is none: for a device, an option or a
 * precision that does not exist, those that do and the nearest.
 *
 * @example
 * ```ts
 * import { selectBackend } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const selection = await selectBackend("cpu");
 * strictEqual(
 *   selection._tag === "Right" && selection.right.why,
 *   "Using cpu (JavaScript on one core) as asked",
 * );
 * ```
 */
export async function selectBackend(
  wanted: BackendChoice,
  options: SelectOptions = {},
): Promise<Result<BackendError, Selection>> {
  const wrong = wrongChoice(wanted, options);
  if (wrong !== null) return left(wrong);
  if (wanted === "auto") return await selectFastest(options);
  const [reason] = cannot(wanted, options);
  if (reason !== undefined) {
    return left({ _tag: "BackendUnavailable", device: wanted, reason });
  }
  const backend = await tested(wanted, options);
  return backend._tag === "Left" ? backend : right({
    backend: backend.right,
    why: `Using ${sentence(backend.right, [])} as asked`,
  });
}
