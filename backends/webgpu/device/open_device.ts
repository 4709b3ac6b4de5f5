/** The device of a graphics card with all that its adapter has. */
import { left, type Result, right } from "../../../core/mod.ts";
import type { BackendError } from "../../backend.ts";
import {
  describeAdapter,
  type GraphicsAdapter,
  openAdapter,
} from "./graphics_adapter.ts";
import type { KernelLimits } from "../wgsl/lowering.ts";

/** A device that is open. */
export interface OpenDevice {
  /** The device. */
  readonly device: GPUDevice;
  /** The adapter, as the runtime tells of it. */
  readonly adapter: GPUAdapterInfo;
  /** The adapter in words, and whether it is a real graphics processor. */
  readonly info: GraphicsAdapter;
  /** What kernels may use. */
  readonly limits: KernelLimits;
}

/** Limits that are asked for as the adapter has them, with the least that kernels need; 0 where they need none. */
const LIMITS = {
  maxStorageBufferBindingSize: 2 ** 27,
  maxBufferSize: 2 ** 27,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 0,
  maxComputeWorkgroupSizeZ: 0,
  maxComputeWorkgroupsPerDimension: 65_535,
  maxStorageBuffersPerShaderStage: 8,
  maxBindingsPerBindGroup: 0,
  minStorageBufferOffsetAlignment: 0,
} as const;

/** Features that are asked for where the adapter has them. */
const FEATURES: readonly GPUFeatureName[] = [
  "shader-f16",
  "subgroups" as GPUFeatureName,
  "timestamp-query",
];

const names = Object.keys(LIMITS) as readonly (keyof typeof LIMITS)[];

/** The adapter's limits, of which runtimes take only whole numbers below 2⁵³. */
const wantedLimits = (limits: GPUSupportedLimits): Record<string, number> =>
  Object.fromEntries(
    names.filter((name) => typeof limits[name] === "number")
      .map((name) => [name, Math.min(limits[name], Number.MAX_SAFE_INTEGER)]),
  );

/** What an adapter lacks, in words, or `null`. */
function lackOf({ limits }: GPUAdapter): string | null {
  const missing = names.filter((name) => !((limits[name] ?? 0) >= LIMITS[name]))
    .map((name) =>
      `${name} is ${limits[name] ?? "missing"}, at least ${
        LIMITS[name]
      } is needed`
    );
  return missing.length === 0 ? null : missing.join("; ");
}

const kernelLimits = (
  limits: GPUSupportedLimits,
  isGpu: boolean,
): KernelLimits => ({
  workgroupBytes: limits.maxComputeWorkgroupStorageSize,
  invocations: Math.min(
    limits.maxComputeInvocationsPerWorkgroup,
    limits.maxComputeWorkgroupSizeX,
  ),
  buffers: Math.min(
    limits.maxStorageBuffersPerShaderStage,
    limits.maxBindingsPerBindGroup ?? Infinity,
  ),
  isGpu,
});

/** Why there is no device. */
export type Unavailable = Extract<
  BackendError,
  { readonly _tag: "BackendUnavailable" }
>;

const unavailable = (reason: string): Result<Unavailable, never> =>
  left({ _tag: "BackendUnavailable", device: "webgpu", reason });

/**
 * Opens a device of its own.
 *
 * @param gpu The runtime's WebGPU by default; `null` if it has none.
 * @returns The device, or what is missing.
 */
export async function openDevice(
  gpu?: GPU | null,
): Promise<Result<Unavailable, OpenDevice>> {
  const adapter = await openAdapter(gpu);
  if (typeof adapter === "string") return unavailable(adapter);
  const info = describeAdapter(adapter);
  const lack = lackOf(adapter);
  if (lack !== null) {
    return unavailable(
      `the adapter ${info.description} has too little: ${lack}`,
    );
  }
  try {
    const device = await adapter.requestDevice({
      requiredLimits: wantedLimits(adapter.limits),
      requiredFeatures: FEATURES.filter((name) => adapter.features.has(name)),
    });
    const limits = kernelLimits(device.limits, info.isGpu);
    return right({ device, adapter: adapter.info, info, limits });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return unavailable(
      `the adapter ${info.description} gives no device: ${reason}`,
    );
  }
}

/** The device of each WebGPU; runtimes have one. */
const shared = new WeakMap<GPU, ReturnType<typeof openDevice>>();

/**
 * The one device of this process, for all engines that compute on the graphics card. It
 * is opened when it is first asked for, or asked for again after it was lost.
 */
export function sharedDevice(): Promise<Result<Unavailable, OpenDevice>> {
  const gpu = globalThis.navigator?.gpu;
  if (gpu === undefined) return openDevice(null);
  const known = shared.get(gpu);
  if (known !== undefined) return known;
  const opening = openDevice(gpu);
  shared.set(gpu, opening);
  const forget = () => {
    if (shared.get(gpu) === opening) shared.delete(gpu);
  };
  opening.then(
    (opened) =>
      opened._tag === "Left" ? forget() : opened.right.device.lost.then(forget),
    forget,
  );
  return opening;
}
