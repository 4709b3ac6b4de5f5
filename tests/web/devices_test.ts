import { match, strictEqual } from "node:assert/strict";
import {
  availableDevices,
  type BackendChoice,
  describeBackendError,
  selectBackend,
} from "../../api/web.ts";

const refusal = async (...asked: Parameters<typeof selectBackend>) => {
  const selected = await selectBackend(...asked);
  return selected._tag === "Left" ? describeBackendError(selected.left) : "";
};

Deno.test("selectBackend() of pages lists the devices that a page can have", async () => {
  match(
    await refusal("onnx"),
    /Cannot use onnx: wanted one of auto, webgpu, wasm, cpu$/,
  );
  match(await refusal("was" as BackendChoice), /the nearest is wasm/);
});

Deno.test("selectBackend() of pages lists its options: there are no threads", async () => {
  match(
    await refusal("wasm", { threads: 2 } as object),
    /an option threads, wanted one of .*wasmFolder/,
  );
});

Deno.test("availableDevices() of pages tests each of them", async () => {
  const devices = await availableDevices();
  strictEqual(
    devices.filter(({ device }) => device !== "webgpu")
      .map(({ device, usable }) => `${device} ${usable}`).join(", "),
    "wasm true, cpu true",
  );
});
