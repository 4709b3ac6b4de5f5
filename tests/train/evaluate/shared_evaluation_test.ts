import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/mod.ts";
import {
  FINETUNE_RECIPE,
  type FinetuneConfig,
  finetunePlan,
  initialParameters,
  left,
  parameterSpecs,
  rootKey,
} from "../../../core/mod.ts";
import {
  badImages,
  evalTransform,
  type ImageSource,
} from "../../../data/mod.ts";
import type { Ranks } from "../../../ranks/mod.ts";
import {
  allTaps,
  classifierAccuracy,
  disposeState,
  encoderFeatures,
  finetuneTask,
  initialFinetune,
  knnAccuracies,
  orThrow,
  sharedBatches,
  uploadAll,
  uploadState,
} from "../../../train/mod.ts";
import { spoiledSource } from "../../data/sources.ts";
import { localRanks } from "../../ranks/local_ranks.ts";
import { right } from "../../right.ts";
import { onDevices } from "../devices.ts";
import { TINY_MODEL } from "../tiny_run.ts";

/** Of so many images two may be unreadable. */
const LENGTH = 201;
const BATCH = 16;

const source = (...unreadable: readonly number[]): ImageSource =>
  spoiledSource(LENGTH, ...unreadable);

const transform = right(evalTransform({
  ...{ imageSize: TINY_MODEL.imageSize, inChannels: 1 } as const,
  normalization: { mean: [0.5], deviation: [0.25] },
}));

/** What one rank and each of several find. */
async function onRanks<Found>(
  find: (ranks: Ranks | null) => Promise<Found>,
): Promise<readonly [alone: Found, shared: readonly Found[]]> {
  const shared = await Promise.all(
    [1, 2, 3].flatMap((size) => localRanks(size)).map(find),
  );
  return [await find(null), shared];
}

/** Features by two encoders, the images that could not be read, and progress. */
async function features(
  backend: Backend,
  ranks: Ranks | null,
  images: ImageSource,
  signal?: AbortSignal,
) {
  const encoders = [3, 4].map((seed) => {
    const values = initialParameters(TINY_MODEL, rootKey(seed));
    return uploadAll(
      backend,
      Object.fromEntries(
        parameterSpecs(TINY_MODEL).map(({ name, shape }) => [
          name,
          { shape, data: values.get(name) ?? new Float32Array() },
        ]),
      ),
    );
  });
  const bad = badImages(LENGTH);
  const { batches, noted } = sharedBatches({
    ...{ source: images, transform, batchSize: BATCH, badImages: bad },
    recycles: true,
  }, ranks);
  const progress: number[] = [];
  const onProgress = (done: number) => void progress.push(done);
  const found = await noted(
    await encoderFeatures(
      ...[backend, TINY_MODEL, encoders, batches, BATCH] as const,
      allTaps(TINY_MODEL),
      { ranks, signal, onProgress },
    ),
  );
  return { found, bad: bad.list(), last: progress.at(-1) };
}

await onDevices(
  ["cpu", "onnx"],
  "1, 2 and 3 ranks find the same features to the bit, without the same images that cannot be read",
  async (backend) => {
    const images = source(5, 70);
    const [alone, shared] = await onRanks((ranks) =>
      features(backend, ranks, images)
    );
    const [first] = orThrow(alone.found);
    strictEqual(first?.labels.length, LENGTH - 2);
    strictEqual(alone.last, LENGTH - 2);
    deepStrictEqual(alone.bad.map(({ index }) => index), [5, 70]);
    for (const own of shared) deepStrictEqual(own, alone);
  },
);

await onDevices(
  ["cpu"],
  "ranks together count the images that cannot be read: one too many is an error on all",
  async (backend) => {
    const images = source(5, 20, 70);
    const [alone, shared] = await onRanks((ranks) =>
      features(backend, ranks, images)
    );
    ok(alone.found._tag === "Left");
    for (const { found } of shared) {
      ok(found._tag === "Left" && found.left._tag === "DataFailed");
      strictEqual(found.left.error._tag, "TooManyBadImages");
    }
  },
);

await onDevices(
  ["cpu"],
  "ranks stop together when one of them is stopped",
  async (backend) => {
    const stop = new AbortController();
    stop.abort();
    const ends = await Promise.all(
      localRanks(3).map(async (ranks) => {
        const signal = ranks.rank === 2 ? stop.signal : undefined;
        return (await features(backend, ranks, source(), signal)).found;
      }),
    );
    deepStrictEqual(ends, ends.map(() => left({ _tag: "Stopped" })));
  },
);

await onDevices(
  ["cpu", "onnx"],
  "1, 2 and 3 ranks find the same accuracies of neighbours",
  async (backend) => {
    const known = orThrow((await features(backend, null, source())).found)[0];
    ok(known !== undefined);
    // Tiles of five rows: more rounds than one, and ranks without a tile in the last.
    const tileBytes = 5 * 8 * known.width;
    const [alone, shared] = await onRanks(async (ranks) => {
      const progress: number[] = [];
      const onProgress = (done: number) => void progress.push(done);
      const found = await knnAccuracies(known, known, 3, [2, 9], 0.07, {
        ...{ backend, tileBytes, ranks, onProgress },
      });
      return [orThrow(found), progress.at(-1)];
    });
    strictEqual(alone[1], LENGTH ** 2);
    for (const own of shared) deepStrictEqual(own, alone);
  },
);

await onDevices(
  ["cpu"],
  "a comparison of images stops on all ranks when one of them is stopped",
  async (backend) => {
    const known = orThrow((await features(backend, null, source())).found)[0];
    ok(known !== undefined);
    const stop = new AbortController();
    stop.abort();
    const found = await Promise.all(
      localRanks(2).map((ranks) =>
        knnAccuracies(known, known, 3, [2], 0.07, {
          ...{ ranks, tileBytes: 80 * known.width },
          signal: ranks.rank === 1 ? stop.signal : undefined,
        })
      ),
    );
    deepStrictEqual(found, found.map(() => left({ _tag: "Stopped" })));
  },
);

await onDevices(
  ["cpu", "onnx"],
  "1, 2 and 3 ranks find the same accuracies of a classifier",
  async (backend) => {
    const config: FinetuneConfig = {
      ...FINETUNE_RECIPE,
      ...{ model: TINY_MODEL, classes: 3 },
      training: {
        ...FINETUNE_RECIPE.training,
        ...{ epochs: 1, warmupEpochs: 0, batchSize: BATCH, accumIter: 1 },
      },
    };
    const plan = right(finetunePlan(config, LENGTH));
    const run = { config, plan };
    const encoder = initialParameters(TINY_MODEL, rootKey(3));
    const start = initialFinetune(run, encoder);
    const state = uploadState(backend, finetuneTask(run), start);
    const [alone, shared] = await onRanks(async (ranks) => {
      const options = { source: source(7), transform, batchSize: BATCH };
      const { batches, noted } = sharedBatches(options, ranks);
      const found = await classifierAccuracy(
        ...[backend, config, state.parameters, batches, BATCH] as const,
        { ranks },
      );
      return orThrow(await noted(found));
    });
    disposeState(state);
    ok(alone.top1 > 0 && alone.top5 > 0);
    for (const own of shared) deepStrictEqual(own, alone);
  },
);
