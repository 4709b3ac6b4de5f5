import { ok, strictEqual } from "node:assert/strict";
import {
  type ImageSource,
  loadBatches,
  trainTransform,
} from "../../../data/mod.ts";
import { right } from "../../right.ts";
import { noiseSource } from "../sources.ts";

const BATCH = 8;

const transform = right(trainTransform({
  imageSize: 8,
  inChannels: 1,
  normalization: { mean: [0.5], deviation: [0.25] },
}));

/** A source that takes a moment for each image and counts them. */
function counted(length: number) {
  const noise = noiseSource(length);
  let [begun, running, most] = [0, 0, 0];
  const source: ImageSource = {
    ...noise,
    read: async (index) => {
      begun++;
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 0));
      running--;
      return await noise.read(index);
    },
  };
  return { source, begun: () => begun, most: () => most };
}

/** Waits until no more images are read. */
async function settled(begun: () => number): Promise<void> {
  for (let before = -1; before !== begun();) {
    before = begun();
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

for (const prefetch of [0, 1, 3]) {
  Deno.test(`loadBatches() reads ${prefetch} batches ahead of a slow consumer and no further, a few images at once`, async () => {
    const { source, begun, most } = counted(20 * BATCH);
    const options = { source, transform, seed: 0, epoch: 0 };
    const batches = loadBatches({ ...options, batchSize: BATCH, prefetch });
    strictEqual(begun(), 0, "nothing is read before it is asked for");
    for (let taken = 1; taken <= 4; taken++) {
      await batches.next();
      await settled(begun);
      strictEqual(begun(), (taken + prefetch) * BATCH);
    }
    await batches.return();
    await settled(begun);
    strictEqual(begun(), (4 + prefetch) * BATCH);
    ok(most() <= 2 * navigator.hardwareConcurrency, `${most()} at once`);
  });
}
