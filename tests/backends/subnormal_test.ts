/** Numbers below the normal ones of float32 on engines that compute on the processor. */
import { deepStrictEqual } from "node:assert/strict";
import sharp from "sharp";
import { type Backend, onnxBackend } from "../../backends/mod.ts";
import { tfjsBackend } from "../../backends/tfjs/tfjs_backend.ts";
import { traceGraph } from "../../core/mod.ts";
import { right } from "../right.ts";
import { value } from "./contract.ts";

const SMALL = 2 ** -130;

/** A map, whose kernels differ from those of products, and a product. */
const graph = right(traceGraph((g) => {
  const x = g.input("x", [8, 8]);
  return { half: g.scale(x, 0.5), product: g.matmul(x, g.input("w", [8, 8])) };
}));

async function computed(backend: Backend): Promise<readonly number[][]> {
  const program = value(await backend.compile(graph));
  const filled = (v: number) =>
    backend.upload({ shape: [8, 8], data: new Float32Array(64).fill(v) });
  const inputs = new Map([["x", filled(SMALL)], ["w", filled(0.5)]]);
  const outputs = value(await program.run(inputs));
  const found = await Promise.all(
    ["half", "product"].map(async (
      name,
    ) => [...await outputs.get(name)!.read()]),
  );
  [...inputs.values(), ...outputs.values()].forEach((x) => x.dispose());
  program.dispose();
  return found;
}

const DEVICES = {
  cpu: () => tfjsBackend("cpu"),
  wasm: () => tfjsBackend("wasm"),
  "onnx with one thread": () => onnxBackend({ threads: 1 }),
  "onnx with two threads": () => onnxBackend({ threads: 2 }),
} as const;

for (const [name, open] of Object.entries(DEVICES)) {
  const opened = await open();
  Deno.test({
    name:
      `${name}: numbers below the normal ones are computed with, not taken for 0`,
    ignore: opened._tag === "Left",
    fn: async () => {
      // Libraries built for speed may tell a thread to take them for 0.
      await sharp({
        create: { width: 9, height: 9, channels: 3, background: "red" },
      }).resize(4).jpeg().toBuffer();
      const backend = value(opened);
      deepStrictEqual(await computed(backend), [
        Array(64).fill(SMALL / 2),
        Array(64).fill(4 * SMALL),
      ]);
    },
  });
}
