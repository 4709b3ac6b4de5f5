import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { gridSize, right } from "../../../../core/mod.ts";
import { countPixels, segmentImages } from "../../../../train/mod.ts";
import { TINY_MODEL, trained } from "../../tiny_run.ts";
import { fiveImages } from "../tapped_tokens.ts";

const SIDE = TINY_MODEL.imageSize;
const PATCHES = gridSize(TINY_MODEL) ** 2;

/** Names everything one class. */
function naming(label: number, disposed: () => void) {
  const maker = {
    width: PATCHES,
    rows: (images: Float32Array) =>
      Promise.resolve(
        right(new Float32Array(images.length / SIDE ** 2 * PATCHES)),
      ),
  };
  const scorer = {
    score: (features: Float32Array) => {
      const scores = new Float32Array(2 * features.length);
      return Promise.resolve(
        right(scores.map((_, i) => i % 2 === label ? 1 : 0)),
      );
    },
    dispose: disposed,
  };
  return { maker, scorer };
}

/** An upper half of 1 in images of even number; none of the third image. */
const truth = (index: number): Int32Array | null =>
  index === 3 ? null : Int32Array.from(
    { length: SIDE ** 2 },
    (_, pixel) => index % 2 === 0 && pixel < SIDE ** 2 / 2 ? 1 : 0,
  );

Deno.test("segmentImages() counts each image that has a mask in order, in each way, and keeps what is to be drawn", async () => {
  let disposed = 0;
  const ways = [0, 1].map((label) => naming(label, () => disposed++));
  const progress: number[] = [];
  const found = trained(
    await segmentImages(
      ...[TINY_MODEL, ways] as const,
      {
        ...{ batches: fiveImages(), truth, classes: 2 },
        kept: new Set([3, 4]),
      },
      { onProgress: (done) => progress.push(done) },
    ),
  );
  for (const [label, { images, kept }] of found.entries()) {
    const named = new Int32Array(SIDE ** 2).fill(label);
    deepStrictEqual(
      images,
      [0, 1, 2, 4].map((index) => countPixels(truth(index)!, named, 2)),
    );
    deepStrictEqual([...kept], [[4, named]]);
  }
  deepStrictEqual(progress, [2, 4, 5]);
  // What names pixels stays the caller's.
  strictEqual(disposed, 0);
});

Deno.test("segmentImages() ends with the first error, and where it is stopped", async () => {
  const stop = new AbortController();
  stop.abort();
  const judged = {
    batches: fiveImages(),
    truth,
    classes: 2,
    kept: new Set<number>(),
  };
  const way = naming(0, () => {});
  const stopped = await segmentImages(
    ...[TINY_MODEL, [way], judged, { signal: stop.signal }] as const,
  );
  strictEqual(stopped._tag === "Left" && stopped.left._tag, "Stopped");
  const bad = {
    ...way,
    scorer: {
      ...way.scorer,
      score: () =>
        Promise.resolve({ _tag: "Left", left: { _tag: "Stopped" } } as const),
    },
  };
  const failed = await segmentImages(
    ...[TINY_MODEL, [bad], { ...judged, batches: fiveImages() }] as const,
  );
  strictEqual(failed._tag, "Left");
});
