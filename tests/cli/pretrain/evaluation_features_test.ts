import { deepStrictEqual, ok } from "node:assert/strict";
import type { Backend } from "../../../backends/mod.ts";
import {
  type EvaluationFeatures,
  evaluationFeatures,
} from "../../../cli/pretrain/evaluation_features.ts";
import { initialParameters, rootKey } from "../../../core/mod.ts";
import { badImages } from "../../../data/mod.ts";
import type { Ranks } from "../../../ranks/mod.ts";
import { orThrow, uploadEncoder } from "../../../train/mod.ts";
import { spoiledSource } from "../../data/sources.ts";
import { localRanks } from "../../ranks/local_ranks.ts";
import { onDevices } from "../../train/devices.ts";
import { TINY_MODEL } from "../../train/tiny_run.ts";

/** Features by a tiny encoder, and the images to judge by that could not be read. */
async function featuresOn(
  backend: Backend,
  ranks: Ranks | null,
  goesOn: (known: number, asked: number) => boolean,
) {
  const values = initialParameters(TINY_MODEL, rootKey(3));
  const parameters = uploadEncoder(backend, TINY_MODEL, values);
  const unreadable = badImages(200);
  const found = await evaluationFeatures({
    ...{ backend, model: TINY_MODEL, encoders: [parameters], unreadable },
    ...{
      train: spoiledSource(450, 7),
      validation: spoiledSource(200, 5),
      goesOn,
    },
    most: { train: 400, validation: 200 },
  }, { ranks });
  return { found: orThrow(found), bad: unreadable.list() };
}

await onDevices(
  ["onnx"],
  "evaluationFeatures() of 1, 2 and 3 ranks are the same to the bit, without the same images",
  async (backend) => {
    const always = () => true;
    const alone = await featuresOn(backend, null, always);
    deepStrictEqual(alone.found.map(({ asked }) => asked.labels.length), [
      199,
      199,
    ]);
    deepStrictEqual(alone.bad.map(({ index }) => index), [5]);
    for (const size of [1, 2, 3]) {
      const all = await Promise.all(
        localRanks(size).map((ranks) => featuresOn(backend, ranks, always)),
      );
      for (const own of all) deepStrictEqual(own, alone);
    }
  },
);

await onDevices(
  ["onnx"],
  "evaluationFeatures() of several ranks end by the clock of rank 0",
  async (backend) => {
    const all = await Promise.all(
      localRanks(2).map((ranks) =>
        featuresOn(
          backend,
          ranks,
          (known, asked) => ranks.rank === 0 && known + asked < 300,
        )
      ),
    );
    const [first] = all;
    const [{ known, asked }] = first!.found as [EvaluationFeatures];
    const images = known.labels.length + asked.labels.length;
    ok(images > 300 && images <= 400, `${images} images`);
    for (const own of all) deepStrictEqual(own, first);
  },
);
