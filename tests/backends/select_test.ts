import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { selectBackend } from "../../backends/mod.ts";
import { DEVICES } from "../../backends/device_names.ts";
import { availableDevices } from "../../backends/select.ts";
import { value } from "./contract.ts";

Deno.test("availableDevices() lists every device with what it is or why not", async () => {
  const list = await availableDevices();
  deepStrictEqual(list.map(({ device }) => device), [...DEVICES]);
  ok(list.every(({ reason }) => reason.length > 0));
  ok(list.find(({ device }) => device === "cpu")?.usable);
});

Deno.test("selectBackend(auto) takes webgpu only on real graphics hardware, else native code", async () => {
  const list = await availableDevices();
  const gpu = list.find(({ device }) => device === "webgpu");
  const { backend, why } = value(await selectBackend("auto"));
  const first = list.find(({ device, usable, isGpu }) =>
    usable && (device !== "webgpu" || isGpu)
  );
  strictEqual(backend.device.name, first?.device);
  match(why, new RegExp(`^Chose ${backend.device.name} \\(`));
  if (gpu?.usable && !gpu.isGpu) {
    ok(why.includes(gpu.reason), `${why} does not name ${gpu.reason}`);
  }
});

Deno.test("selectBackend() takes the device that is asked for, or says why not", async () => {
  for (const { device, usable } of await availableDevices()) {
    const selection = await selectBackend(device);
    if (usable) strictEqual(value(selection).backend.device.name, device);
    else strictEqual(selection._tag, "Left");
  }
});

Deno.test("selectBackend() hands threads to onnx and refuses them for other devices", async () => {
  const { backend, why } = value(await selectBackend("auto", { threads: 3 }));
  if (backend.device.name === "onnx") match(why, /, 3 threads\)/);
  else match(why, /only onnx can be told to use 3 threads/);
  deepStrictEqual(await selectBackend("cpu", { threads: 3 }), {
    _tag: "Left",
    left: {
      _tag: "BackendUnavailable",
      device: "cpu",
      reason: "only onnx can be told to use 3 threads",
    },
  });
});

Deno.test("selectBackend() refuses a device without 8-bit products if they are needed, and auto passes over it", async () => {
  deepStrictEqual(await selectBackend("cpu", { int8: true }), {
    _tag: "Left",
    left: {
      _tag: "BackendUnavailable",
      device: "cpu",
      reason: "it has no products in 8-bit integers, only onnx has",
    },
  });
  const chosen = await selectBackend("auto", { int8: true });
  if ((await selectBackend("onnx"))._tag === "Right") {
    strictEqual(value(chosen).backend.device.name, "onnx");
  } else strictEqual(chosen._tag, "Left");
});

Deno.test("selectBackend(webgpu) without WebGPU is an error with the reason", async () => {
  const original = Object.getOwnPropertyDescriptor(navigator, "gpu");
  Object.defineProperty(navigator, "gpu", {
    value: undefined,
    configurable: true,
  });
  try {
    deepStrictEqual(await selectBackend("webgpu"), {
      _tag: "Left",
      left: {
        _tag: "BackendUnavailable",
        device: "webgpu",
        reason: "this runtime has no WebGPU",
      },
    });
    const { why } = value(await selectBackend("auto"));
    match(why, /not webgpu: this runtime has no WebGPU/);
  } finally {
    if (original) Object.defineProperty(navigator, "gpu", original);
    else Reflect.deleteProperty(navigator, "gpu");
  }
});

Deno.test("selectBackend(webgpu) without an adapter is an error with the reason", async () => {
  const original = Object.getOwnPropertyDescriptor(navigator, "gpu");
  Object.defineProperty(navigator, "gpu", {
    value: { requestAdapter: () => Promise.resolve(null) },
    configurable: true,
  });
  try {
    const selection = await selectBackend("webgpu");
    strictEqual(
      selection._tag === "Left" &&
        selection.left._tag === "BackendUnavailable" && selection.left.reason,
      "WebGPU finds no graphics adapter",
    );
  } finally {
    if (original) Object.defineProperty(navigator, "gpu", original);
    else Reflect.deleteProperty(navigator, "gpu");
  }
});

Deno.test("selectBackend() refuses a name that is no device", async () => {
  const name = "reference" as "cpu";
  const refused = await selectBackend(name);
  deepStrictEqual(refused, {
    _tag: "Left",
    left: {
      _tag: "BackendUnavailable",
      device: "reference",
      reason: "wanted one of auto, webgpu, onnx, wasm, cpu, webgpu-ops",
    },
  });
});
