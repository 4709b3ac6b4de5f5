/** Opening of devices: of this machine's adapter, and of adapters that lack something. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  type OpenDevice,
  openDevice,
  sharedDevice,
} from "../../../backends/webgpu/device/open_device.ts";
import { describeBackendError } from "../../../backends/backend.ts";
import { graphicsAdapter } from "../../../backends/webgpu/device/graphics_adapter.ts";
import { deviceTest } from "./device_tests.ts";

const adapter = await globalThis.navigator?.gpu?.requestAdapter() ?? null;

async function opened(
  device: ReturnType<typeof openDevice>,
): Promise<OpenDevice> {
  const found = await device;
  ok(found._tag === "Right", JSON.stringify(found));
  return found.right;
}

deviceTest("a device has the limits and features of its adapter", async () => {
  const { device, info, limits } = await opened(openDevice());
  deepStrictEqual(info, await graphicsAdapter());
  const { limits: has, features } = adapter!;
  strictEqual(device.limits.maxBufferSize, has.maxBufferSize);
  strictEqual(
    device.limits.maxStorageBufferBindingSize,
    has.maxStorageBufferBindingSize,
  );
  deepStrictEqual(limits, {
    workgroupBytes: has.maxComputeWorkgroupStorageSize,
    invocations: has.maxComputeInvocationsPerWorkgroup,
    buffers: has.maxStorageBuffersPerShaderStage,
    isGpu: info.isGpu,
  });
  for (const name of ["shader-f16", "timestamp-query"] as const) {
    strictEqual(device.features.has(name), features.has(name));
  }
  device.destroy();
});

deviceTest(
  "a process has one device, and another one when it is lost",
  async () => {
    const [one, same] = await Promise.all([
      opened(sharedDevice()),
      opened(sharedDevice()),
    ]);
    strictEqual(one.device, same.device);
    one.device.destroy();
    await one.device.lost;
    await Promise.resolve();
    const next = await opened(sharedDevice());
    ok(next.device !== one.device);
    next.device.destroy();
    await next.device.lost;
  },
);

/** A WebGPU whose adapter has other limits than that of this machine, or none. */
const gpuWith = (adapter: unknown): GPU =>
  ({ requestAdapter: () => Promise.resolve(adapter) }) as unknown as GPU;

const ENOUGH = {
  maxStorageBufferBindingSize: 2 ** 31,
  maxBufferSize: 2 ** 64,
  maxComputeWorkgroupStorageSize: 49_152,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupSizeX: 1024,
  maxComputeWorkgroupSizeY: 1024,
  maxComputeWorkgroupSizeZ: 64,
  maxComputeWorkgroupsPerDimension: 65_535,
  maxStorageBuffersPerShaderStage: 10,
  maxBindingsPerBindGroup: 1000,
  minStorageBufferOffsetAlignment: 32,
};

function adapterWith(
  limits: Partial<typeof ENOUGH>,
  request: (asked: GPUDeviceDescriptor) => Promise<unknown>,
) {
  const features = new Set(["subgroups", "shader-f16"]);
  return {
    info: { description: "", vendor: "acme", architecture: "anvil" },
    limits: { ...ENOUGH, ...limits },
    features,
    requestDevice: request,
  };
}

const reasonOf = async (gpu: GPU | null): Promise<string> => {
  const found = await openDevice(gpu);
  return found._tag === "Left" ? describeBackendError(found.left) : "opened";
};

Deno.test("what is missing is named", async () => {
  strictEqual(
    await reasonOf(null),
    "Cannot use webgpu: this runtime has no WebGPU",
  );
  strictEqual(
    await reasonOf(gpuWith(null)),
    "Cannot use webgpu: WebGPU finds no graphics adapter",
  );
  const refusing = () => Promise.reject(new TypeError("out of devices"));
  strictEqual(
    await reasonOf(gpuWith(adapterWith({}, refusing))),
    "Cannot use webgpu: the adapter acme anvil gives no device: out of devices",
  );
  const few = { maxStorageBuffersPerShaderStage: 4 };
  strictEqual(
    await reasonOf(gpuWith(adapterWith(few, refusing))),
    "Cannot use webgpu: the adapter acme anvil has too little: maxStorageBuffersPerShaderStage is 4, at least 8 is needed",
  );
});

Deno.test("only what the adapter has is asked for, in numbers that runtimes take", async () => {
  let asked: GPUDeviceDescriptor = {};
  const gpu = gpuWith(adapterWith({}, (wanted) => {
    asked = wanted;
    return Promise.resolve({ limits: ENOUGH });
  }));
  const { limits } = await opened(openDevice(gpu));
  deepStrictEqual(asked.requiredFeatures, ["shader-f16", "subgroups"]);
  deepStrictEqual(asked.requiredLimits, {
    ...ENOUGH,
    maxBufferSize: Number.MAX_SAFE_INTEGER,
  });
  deepStrictEqual(limits, {
    workgroupBytes: 49_152,
    invocations: 1024,
    buffers: 10,
    isGpu: true,
  });
});
