/** Pictures in bytes that the device turns into real numbers. */
import { deepStrictEqual, throws } from "node:assert/strict";
import type { DeviceTensor, HostPixels } from "../../../../backends/backend.ts";
import { pixelNumbers } from "../../../../backends/pixel_numbers.ts";
import { runtimeOn } from "../../../../backends/webgpu/runtime/runtime.ts";
import { sizeOf } from "../../../../core/mod.ts";
import { deviceTest } from "../device_tests.ts";
import { counted, map, outputsOf, programOf, value } from "./small_lists.ts";

/** Pictures whose channels have other tables; all levels occur if there is room. */
function pictures(shape: readonly number[], seed = 0): HostPixels {
  return {
    shape,
    data: Uint8Array.from(
      { length: sizeOf(shape) },
      (_, i) => 37 * i + (i >> 3) + seed,
    ),
    levels: Array.from({ length: shape[1]! }, (_, c) =>
      Float32Array.from(
        { length: 256 },
        (_, level) => (level / 255 - 0.4 - 0.03 * c) / (0.2 + 0.01 * c),
      )),
  };
}

const meaning = (pixels: HostPixels) => pixelNumbers(pixels).data;

deviceTest(
  "pictures of any shape become the numbers of main memory, to the bit",
  async (device) => {
    const { tensors } = runtimeOn(device);
    const shapes = [
      ...[[2, 3, 5, 7], [1, 1, 1, 1], [3, 2, 4, 4], [5, 4, 1, 3]],
      ...[[2, 3, 33, 31], [1, 7, 1, 1]],
    ];
    const all = shapes.map((shape) => pictures(shape));
    const uploaded = all.map((pixels) => tensors.uploadPixels(pixels));
    for (const [i, tensor] of uploaded.entries()) {
      deepStrictEqual(tensor.shape, shapes[i]);
      deepStrictEqual(await tensor.read(), meaning(all[i]!));
    }
    deepStrictEqual(
      tensors.liveBytes(),
      4 * shapes.reduce((sum, shape) => sum + sizeOf(shape), 0),
    );
    const shared = new Uint8Array(new SharedArrayBuffer(6));
    shared.set([0, 1, 2, 253, 254, 255]);
    const pixels = { ...pictures([1, 1, 2, 3]), data: shared };
    deepStrictEqual(
      await tensors.uploadPixels(pixels).read(),
      meaning(pixels),
    );
    tensors.dispose();
  },
);

deviceTest(
  "programs see pictures, and nothing is made for the next ones",
  async (device) => {
    const { device: counting, made } = counted(device);
    const runtime = runtimeOn(counting);
    const shape = [3, 3, 5, 5];
    const count = sizeOf(shape);
    const values = [
      { ...value({ _tag: "Input", name: "x" }, count), shape },
      value({ _tag: "Output" }, count),
    ];
    const program = await programOf(runtime, {
      values,
      calls: [map(values, [0, 1], (x) => `2.0 * ${x}`)],
      outputs: { y: 1 },
      replaced: {},
    });
    for (let run = 0; run < 5; run++) {
      const before = made.length;
      const pixels = pictures(shape, run);
      const x = runtime.tensors.uploadPixels(pixels);
      const outputs = await outputsOf(program, new Map([["x", x]]));
      const y: DeviceTensor = outputs.get("y")!;
      deepStrictEqual(await y.read(), meaning(pixels).map((x) => 2 * x));
      [x, y].forEach((tensor) => tensor.dispose());
      if (run > 0) deepStrictEqual(made.slice(before), []);
    }
    program.dispose();
    runtime.tensors.dispose();
  },
);

deviceTest(
  "dropped pictures write nothing where other numbers come to lie",
  async (device) => {
    const { device: counting, made } = counted(device);
    const { tensors } = runtimeOn(counting);
    tensors.uploadPixels(pictures([1, 1, 8, 8])).dispose();
    const data = Float32Array.from({ length: 64 }, (_, i) => i);
    const plain = tensors.upload({ shape: [64], data });
    const before = made.length;
    const other = tensors.uploadPixels(pictures([1, 1, 7, 8]));
    deepStrictEqual(made.slice(before), []);
    deepStrictEqual(await plain.read(), data);
    deepStrictEqual(await other.read(), meaning(pictures([1, 1, 7, 8])));
    deepStrictEqual(await plain.read(), data);
    tensors.dispose();
  },
);

deviceTest(
  "bytes or tables that do not fit are refused, with what is wanted",
  (device) => {
    const { tensors } = runtimeOn(device);
    const pixels = pictures([2, 3, 4, 4]);
    const [first, ...others] = pixels.levels;
    const wrong: readonly (readonly [HostPixels, RegExp])[] = [
      [{ ...pixels, shape: [6, 4, 4] }, /\[B, C, H, W\]/],
      [{ ...pixels, data: pixels.data.subarray(1) }, /95 bytes.* 96/],
      [{ ...pixels, levels: others }, /2 tables of levels, wanted 3/],
      [
        { ...pixels, levels: [...others, first!.subarray(1)] },
        /channel 2 has 255 numbers, wanted 256/,
      ],
    ];
    for (const [pixels, reason] of wrong) {
      throws(() => tensors.uploadPixels(pixels), reason);
    }
    deepStrictEqual(tensors.liveTensors(), 0);
    tensors.dispose();
  },
);
