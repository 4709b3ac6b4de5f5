/** The graphics card behind WebGPU. */
import type { DeviceInfo } from "../../backend.ts";

/** Description of an adapter. */
export type GraphicsAdapter = Omit<DeviceInfo, "name">;

/** Software that calls itself an adapter, where the runtime does not say so. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader|software|basic render/i;

/**
 * The adapter that WebGPU would use.
 *
 * @returns The adapter, or in words why there is none.
 */
export async function graphicsAdapter(): Promise<GraphicsAdapter | string> {
  const gpu = globalThis.navigator?.gpu;
  if (gpu === undefined) return "this runtime has no WebGPU";
  const adapter = await gpu.requestAdapter({
    powerPreference: "high-performance",
  });
  if (adapter === null) return "WebGPU finds no graphics adapter";
  const { description, vendor, architecture, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, architecture].join(" ").trim() ||
    "unnamed graphics adapter";
  return {
    description: name,
    isGpu: !isFallbackAdapter && !SOFTWARE.test(name),
  };
}
