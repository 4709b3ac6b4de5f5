import { deepStrictEqual, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  TFJS_DEVICES,
  tfjsBackend,
} from "../../../backends/tfjs/tfjs_backend.ts";
import { traceGraph } from "../../../core/mod.ts";
import { value } from "../contract.ts";

const squares = value(
  traceGraph((g) => ({ y: g.apply("square", {}, [g.input("x", [2])]) })),
);

/** 16 GiB: more than any device binds, and nothing of it is allocated. */
const huge = value(
  traceGraph((g) => ({
    y: g.apply("square", {}, [g.input("x", [2 ** 16, 2 ** 16])]),
  })),
);

const backends = (await Promise.all(TFJS_DEVICES.map(tfjsBackend)))
  .flatMap((backend) => backend._tag === "Right" ? [backend.right] : []);
const names = backends.map(({ device }) => device.name).join(", ");

Deno.test(`compile() refuses a tensor that the device cannot bind (${names})`, async () => {
  for (const backend of backends) {
    const before = backend.liveTensors();
    const program = await backend.compile(huge);
    strictEqual(program._tag === "Left" && program.left._tag, "TensorTooLarge");
    if (program._tag === "Left" && program.left._tag === "TensorTooLarge") {
      strictEqual(program.left.tensor, "input x");
      strictEqual(program.left.bytes, 2 ** 34);
    }
    strictEqual(backend.liveTensors(), before);
  }
});

Deno.test(`run() on several devices in turn keeps their tensors apart (${names})`, async () => {
  for (let round = 0; round < 3; round++) {
    for (const backend of backends) {
      const program = value(await backend.compile(squares));
      const data = Float32Array.of(round, 3);
      const x = backend.upload({ shape: [2], data });
      const { y } = Object.fromEntries(
        value(await program.run(new Map([["x", x]]))),
      );
      deepStrictEqual(await y?.read(), Float32Array.of(round ** 2, 9));
      [x, y].forEach((tensor) => tensor?.dispose());
      program.dispose();
    }
  }
});

Deno.test("tfjsBackend() leaves the current backend of TensorFlow.js as it was", async () => {
  await tf.setBackend("cpu");
  for (const device of TFJS_DEVICES) await tfjsBackend(device);
  strictEqual(tf.getBackend(), "cpu");
});

Deno.test("dispose() gives back what is still lent", async () => {
  const backend = value(await tfjsBackend("wasm"));
  const before = backend.liveTensors();
  backend.upload({ shape: [2], data: Float32Array.of(1, 2) });
  value(await backend.compile(squares));
  strictEqual(backend.liveTensors(), before + 1);
  backend.dispose();
  deepStrictEqual([backend.liveTensors(), backend.liveBytes()], [before, 0]);
});
