import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { gridSize, patchCount } from "../../../../core/mod.ts";
import {
  disposeAll,
  patchFeatureGraph,
  patchPixels,
  programRow,
  rowsOfImages,
  withProgram,
} from "../../../../train/mod.ts";
import { patchSamples } from "../../../../train/evaluate/dense/patch_samples.ts";
import { onDevices } from "../../devices.ts";
import { TINY_MODEL, trained } from "../../tiny_run.ts";
import { fiveImages, tokensOf, uploaded } from "../tapped_tokens.ts";

const PATCHES = patchCount(TINY_MODEL);
const WIDTH = TINY_MODEL.embedDim;

for (const stages of [[3], [0, 2]]) {
  await onDevices(
    ["reference", "cpu", "wasm", "webgpu", "onnx"],
    `patchFeatureGraph() gives each patch its token after taps ${stages}, patch by patch`,
    async (backend) => {
      const before = backend.liveTensors();
      const parameters = uploaded(backend);
      const graph = patchFeatureGraph(TINY_MODEL, 2, stages);
      const [found] = trained(
        await withProgram(
          ...[backend, graph] as const,
          (program) =>
            rowsOfImages(
              [programRow(backend, program, parameters)],
              fiveImages(),
            ),
        ),
      );
      disposeAll(parameters.values());
      strictEqual(backend.liveTensors(), before);
      const wanted = [0, 1, 2, 3, 4].flatMap((image) => {
        const taps = tokensOf(image);
        return Array.from(
          { length: PATCHES },
          (_, patch) =>
            stages.flatMap((stage) => [
              ...taps[stage]!.subarray(
                ...[(1 + patch) * WIDTH, (2 + patch) * WIDTH] as const,
              ),
            ]),
        ).flat();
      });
      strictEqual(found!.features.length, wanted.length);
      found!.features.forEach((value, i) =>
        ok(Math.abs(value - wanted[i]!) < 1e-5, `number ${i}`)
      );
    },
  );
}

Deno.test("patchPixels() gives each patch its own pixels, channel by channel, image by image", () => {
  const [channels, side, grid] = [2, 4, 2];
  // Each pixel says where it is.
  const images = Float32Array.from(
    { length: 2 * channels * side ** 2 },
    (_, i) => i,
  );
  const rows = patchPixels(images, channels, side, grid);
  deepStrictEqual([...rows.subarray(0, 8)], [0, 1, 4, 5, 16, 17, 20, 21]);
  deepStrictEqual([...rows.subarray(24, 32)], [10, 11, 14, 15, 26, 27, 30, 31]);
  deepStrictEqual([...rows].sort((a, b) => a - b), [...images]);
  const second = patchPixels(images.subarray(32), channels, side, grid);
  deepStrictEqual(rows.subarray(32), second);
});

Deno.test("patchSamples() gives the wanted patches with their classes, whatever the batches, in each way", async () => {
  // A patch is the number of its image and its own.
  const maker = (sign: number) => ({
    width: 2 * PATCHES,
    rows: (images: Float32Array) => {
      const size = TINY_MODEL.imageSize ** 2;
      const rows = Array.from(
        { length: images.length / size },
        (_, i) =>
          Array.from(
            { length: PATCHES },
            (_, patch) => [sign * images[i * size]!, sign * patch],
          ),
      ).flat(2);
      return Promise.resolve(
        { _tag: "Right", right: Float32Array.from(rows) } as const,
      );
    },
  });
  const firsts: number[] = [];
  for await (const batch of fiveImages()) {
    if (batch._tag === "Left") throw new Error("unreachable");
    const size = TINY_MODEL.imageSize ** 2;
    batch.right.indices.forEach((_, i) =>
      firsts.push(batch.right.images[i * size]!)
    );
  }
  const labels = Int32Array.from({ length: 5 * PATCHES }, (_, i) => i % 3);
  const drawn = Int32Array.of(0, 3, PATCHES - 1, PATCHES, 4 * PATCHES + 2);
  const wanted = { patches: PATCHES, labels, drawn };
  const [one, other] = trained(
    await patchSamples([maker(1), maker(-1)], fiveImages(), wanted),
  );
  const places = [[0, 0], [0, 3], [0, PATCHES - 1], [1, 0], [4, 2]] as const;
  strictEqual(one!.width, 2);
  deepStrictEqual(
    [...one!.features],
    places.flatMap(([image, patch]) => [firsts[image]!, patch]),
  );
  deepStrictEqual(other!.features, one!.features.map((x) => -x));
  deepStrictEqual([...one!.labels], [...drawn].map((at) => at % 3));
  strictEqual(gridSize(TINY_MODEL) ** 2, PATCHES);
});
