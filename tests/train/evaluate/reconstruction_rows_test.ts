import {
  deepStrictEqual,
  notDeepStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import { withTarget } from "../../../core/mod.ts";
import { reconstructionRows } from "../../../train/mod.ts";
import { noiseSource, spoiledSource } from "../../data/sources.ts";
import { onDevices } from "../devices.ts";
import { startTiny, TINY_MODEL, tinyRun, trained } from "../tiny_run.ts";

const RUN = tinyRun();

await onDevices(
  ["cpu"],
  "reconstructionRows() gives the same rows each time, and no more than there are images",
  async (backend) => {
    const before = backend.liveTensors();
    const training = startTiny(backend, RUN);
    const rowsOf = async (images: number, count?: number) =>
      trained(
        await reconstructionRows(
          backend,
          RUN.config,
          training.parameters(),
          noiseSource(images),
          count,
        ),
      );
    const rows = await rowsOf(40);
    deepStrictEqual(
      [rows.length, (await rowsOf(3)).length, (await rowsOf(9, 2)).length],
      [6, 3, 2],
    );
    deepStrictEqual(await rowsOf(40), rows);
    for (const { image, patchMask, stages } of rows) {
      strictEqual(image.pixels.length, TINY_MODEL.imageSize ** 2);
      strictEqual(patchMask.reduce((sum, part) => sum + part), 12);
      deepStrictEqual(
        stages.map(({ cells, target }) => [cells, target.length]),
        [16, 8, 4, 2].map((cells) => [cells, 4 * cells ** 2]),
      );
    }
    training.dispose();
    strictEqual(backend.liveTensors(), before);
  },
);

await onDevices(
  ["cpu"],
  "reconstructionRows() of a model that predicts pixels have its picture in place of histograms",
  async (backend) => {
    for (const target of ["pixels", "normalisedPixels"] as const) {
      const model = withTarget(TINY_MODEL, target);
      const run = tinyRun({ model });
      const training = startTiny(backend, run);
      const [row] = trained(
        await reconstructionRows(
          backend,
          run.config,
          training.parameters(),
          noiseSource(2),
          1,
        ),
      );
      training.dispose();
      for (const stage of row!.stages) {
        ok("picture" in stage);
        deepStrictEqual(stage.isNormalised, target === "normalisedPixels");
        strictEqual(stage.picture.pixels.length, row!.image.pixels.length);
        notDeepStrictEqual(stage.picture.pixels, row!.image.pixels);
      }
    }
  },
);

await onDevices(
  ["cpu"],
  "reconstructionRows() says what is wrong with a count and with an image",
  async (backend) => {
    const training = startTiny(backend, RUN);
    const parameters = training.parameters();
    const made = (source = noiseSource(4), count = 2) =>
      reconstructionRows(backend, RUN.config, parameters, source, count);
    const none = await made(noiseSource(4), 0);
    deepStrictEqual(
      none._tag === "Left" && none.left._tag === "DataFailed" &&
        none.left.error._tag === "BadOptions" && none.left.error.faults[0],
      {
        _tag: "OutOfRange",
        path: "count",
        found: 0,
        wanted: "a whole number in [1, 4]",
      },
    );
    const bad = await made(spoiledSource(2, 0, 1));
    strictEqual(bad._tag === "Left" && bad.left._tag, "DataFailed");
    training.dispose();
  },
);
