/** Choice among the devices of a runtime. */
import { left, type Result, right } from "../core/mod.ts";
import {
  type Backend,
  type BackendError,
  describeBackendError,
} from "./backend.ts";
import type { BackendChoice, DeviceName, Precision } from "./device_names.ts";
import { selfTest, type TestedNeeds } from "./self_test.ts";
import { graphicsAdapter } from "./webgpu/device/graphics_adapter.ts";
import type { TuningOptions } from "./webgpu/tune/tuner.ts";
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

/** The devices of a runtime. */
export interface Devices<Options extends SelectOptions> {
  /** Their names, fastest kind first. */
  readonly names: readonly DeviceName[];
  /** Names of the options that exist. */
  readonly options: readonly string[];
  /** Starts one of them. */
  start(
    device: DeviceName,
    options: Options,
  ): Promise<Result<BackendError, Backend>>;
}

/** The ways to choose among the devices of a runtime. */
export interface DeviceChoice<Options extends SelectOptions> {
  /** Starts and tests every device. */
  availableDevices(options: Options): Promise<readonly Availability[]>;
  /** Starts and tests one. */
  selectBackend(
    wanted: BackendChoice,
    options: Options,
  ): Promise<Result<BackendError, Selection>>;
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

const sentence = ({ device }: Backend, notes: readonly string[]): string =>
  [`${device.name} (${device.description})`, ...notes].join("; ");

/** The ways to choose among devices. */
export function deviceChoice<Options extends SelectOptions>(
  { names, options: known, start }: Devices<Options>,
): DeviceChoice<Options> {
  const tested = async (
    device: DeviceName,
    options: Options,
  ): Promise<Result<BackendError, Backend>> => {
    const backend = await start(device, options);
    return backend._tag === "Left"
      ? backend
      : await selfTest(backend.right, options);
  };

  const fastest = async (
    options: Options,
  ): Promise<Result<BackendError, Selection>> => {
    const objection = await objectionToWebGpu();
    const objections = objection === null ? [] : [`not webgpu: ${objection}`];
    const candidates = names.filter((device) =>
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
  };

  const available = async (
    device: DeviceName,
    options: Options,
  ): Promise<Availability> => {
    const backend = await tested(device, options);
    const { isGpu, description: reason } = backend._tag === "Right"
      ? backend.right.device
      : { isGpu: false, description: describeBackendError(backend.left) };
    return { device, usable: backend._tag === "Right", isGpu, reason };
  };

  return {
    availableDevices: async (options) => {
      const list: Availability[] = [];
      for (const device of names) list.push(await available(device, options));
      return list;
    },
    selectBackend: async (wanted, options) => {
      const wrong = wrongChoice(wanted, options, names, known);
      if (wrong !== null) return left(wrong);
      if (wanted === "auto") return await fastest(options);
      const [reason] = cannot(wanted, options);
      if (reason !== undefined) {
        return left({ _tag: "BackendUnavailable", device: wanted, reason });
      }
      const backend = await tested(wanted, options);
      return backend._tag === "Left" ? backend : right({
        backend: backend.right,
        why: `Using ${sentence(backend.right, [])} as asked`,
      });
    },
  };
}
