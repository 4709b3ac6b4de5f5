/** The graphics card behind WebGPU. */
import type { DeviceInfo } from "../../backend.ts";
import { withRuntimeFolder } from "./runtime_folder.ts";

/** Description of an adapter. */
export type GraphicsAdapter = Omit<DeviceInfo, "name">;

/** Software that calls itself an adapter, where the runtime does not say so. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader|software|basic render/i;

/** Description of an adapter, with what is known of its being software. */
export function describeAdapter(adapter: GPUAdapter): GraphicsAdapter {
  const { description, vendor, architecture, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, architecture].join(" ").trim() ||
    "unnamed graphics adapter";
  return {
    description: name,
    isGpu: !isFallbackAdapter && !SOFTWARE.test(name),
  };
}

/**
 * The adapter that WebGPU would use, from which one device can be opened.
 *
 * @param gpu The runtime's WebGPU; `null` if it has none.
 * @returns The adapter, or in words why there is none.
 */
export async function openAdapter(
  gpu: GPU | null = globalThis.navigator?.gpu ?? null,
): Promise<GPUAdapter | string> {
  if (gpu === null) return "this runtime has no WebGPU";
  const adapter = await withRuntimeFolder(() =>
    gpu.requestAdapter({ powerPreference: "high-performance" })
  );
  return adapter ?? "WebGPU finds no graphics adapter";
}

/**
 * Description of the adapter that WebGPU would use.
 *
 * @returns The description, or in words why there is none.
 */
export async function graphicsAdapter(): Promise<GraphicsAdapter | string> {
  const adapter = await openAdapter();
  return typeof adapter === "string" ? adapter : describeAdapter(adapter);
}
