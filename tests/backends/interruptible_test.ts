import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { Backend } from "../../backends/mod.ts";
import { interruptible } from "../../backends/interruptible.ts";
import { describeBackendError } from "../../backends/backend.ts";
import { traceGraph } from "../../core/mod.ts";
import { onDevices } from "../train/devices.ts";
import { value } from "./contract.ts";

const SIDE = 256;

/** Many products one after another: each is short, all of them last for seconds at least. */
const CHAIN = value(traceGraph((g) => {
  const x = g.input("x", [SIDE, SIDE]);
  let y = x;
  for (let i = 0; i < 4000; i++) y = g.matmul(x, y);
  return { y };
}));

/** One product, whose result is known. */
const PRODUCT = value(traceGraph((g) => {
  const x = g.input("x", [SIDE, SIDE]);
  return { y: g.matmul(x, x) };
}));

const identity = (): Float32Array =>
  Float32Array.from(
    { length: SIDE * SIDE },
    (_, i) => i % (SIDE + 1) === 0 ? 1 : 0,
  );

/** Runs a graph on the identity and aborts it after a while. */
async function aborted(backend: Backend, milliseconds: number) {
  const controller = new AbortController();
  const engine = interruptible(backend, controller.signal);
  const program = value(await engine.compile(CHAIN));
  const x = backend.upload({ shape: [SIDE, SIDE], data: identity() });
  const timer = setTimeout(() => controller.abort(), milliseconds);
  const result = await program.run(new Map([["x", x]]));
  clearTimeout(timer);
  x.dispose();
  program.dispose();
  return result;
}

await onDevices(
  ["onnx", "onnx on one thread", "wasm", "cpu"],
  "interruptible() ends a run within it, leaves nothing on the device, and the engine computes on",
  async (backend) => {
    const before = backend.liveTensors();
    const result = await aborted(backend, 30);
    const end = result._tag === "Left"
      ? describeBackendError(result.left)
      : "finished";
    match(end, /^Stopped .* within a run/);
    strictEqual(backend.liveTensors(), before);

    const program = value(await backend.compile(PRODUCT));
    const x = backend.upload({ shape: [SIDE, SIDE], data: identity() });
    const { y } = Object.fromEntries(
      value(await program.run(new Map([["x", x]]))),
    );
    deepStrictEqual(await y?.read(), identity());
    [x, y].forEach((tensor) => tensor?.dispose());
    program.dispose();
  },
);

await onDevices(
  ["reference", "onnx", "wasm", "webgpu"],
  "interruptible() begins no run after the signal, but for those that replace their inputs",
  async (backend) => {
    const stop = AbortSignal.abort();
    const engine = interruptible(backend, stop);
    const replaces = { y: "x" };
    for (const options of [{}, { replaces }]) {
      const program = value(await engine.compile(PRODUCT, options));
      const x = backend.upload({ shape: [SIDE, SIDE], data: identity() });
      const result = await program.run(new Map([["x", x]]));
      strictEqual(result._tag, "replaces" in options ? "Right" : "Left");
      if (result._tag === "Right") result.right.forEach((y) => y.dispose());
      x.dispose();
      program.dispose();
    }
  },
);
