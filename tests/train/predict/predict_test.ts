import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { referenceBackend } from "../../../backends/mod.ts";
import { describeTrainError, orThrow, predict } from "../../../train/mod.ts";
import { predictBatches } from "../../../train/predict/predict.ts";
import {
  madeClassifier,
  writeNoise,
} from "../weights/classifier/made_classifier.ts";
import { inFolder } from "../temporary_folder.ts";

const CLASSIFIER = madeClassifier("normOfMean");

Deno.test("predict() gives the same classes whatever the batch, and reasons in the place of what cannot be read", () =>
  inFolder(async (folder) => {
    const [a = "", b = "", c = ""] = await writeNoise(folder, ["a", "b", "c"]);
    const text = `${folder}/text.jpg`;
    await Deno.writeTextFile(text, "no picture");
    const paths = [a, text, b, `${folder}/none.png`, c];
    const backend = referenceBackend();
    const of = async (batchSize: number) =>
      orThrow(await predict(CLASSIFIER, paths, { backend, batchSize }));
    const [one, all] = [await of(1), await of(8)];
    deepStrictEqual(one, all);
    deepStrictEqual(all.predictions.map(({ path }) => path), [a, b, c]);
    deepStrictEqual(all.errors.map(({ path }) => path), [
      text,
      `${folder}/none.png`,
    ]);
    for (const { classes } of all.predictions) {
      const sum = classes.reduce((s, { probability }) => s + probability, 0);
      ok(Math.abs(sum - 1) < 1e-12, `probabilities sum to ${sum}`);
      ok(
        classes.every((one, k) =>
          one.probability <= (classes[k - 1]?.probability ?? 1)
        ),
      );
    }
  }));

Deno.test("predict() takes a folder with all that is below it", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/new/deep/deeper`, { recursive: true });
    await writeNoise(`${folder}/new/deep/deeper`, ["x"]);
    await writeNoise(`${folder}/new`, ["y", "z"]);
    const { predictions } = orThrow(
      await predict(CLASSIFIER, `${folder}/new`, {
        backend: referenceBackend(),
        top: 1,
      }),
    );
    deepStrictEqual(
      predictions.map(({ path }) => path.slice(folder.length)),
      ["/new/y.png", "/new/z.png", "/new/deep/deeper/x.png"],
    );
    ok(predictions.every(({ classes }) => classes.length === 1));
  }));

Deno.test("predict() refuses an empty folder and a number of classes that makes no sense", () =>
  inFolder(async (folder) => {
    const backend = referenceBackend();
    const none = await predict(CLASSIFIER, folder, { backend });
    strictEqual(none._tag === "Left" && none.left._tag, "DataFailed");
    const top = await predict(CLASSIFIER, [], { backend, top: 0 });
    ok(
      top._tag === "Left" &&
        describeTrainError(top.left).includes("top: found 0"),
    );
  }));

Deno.test("predictBatches() gives what is known before it is stopped", () =>
  inFolder(async (folder) => {
    const paths = await writeNoise(folder, ["a", "b", "c"]);
    const stop = new AbortController();
    const options = {
      ...{ backend: referenceBackend(), batchSize: 1, signal: stop.signal },
    };
    const known: string[] = [];
    for await (const batch of predictBatches(CLASSIFIER, paths, options)) {
      if (batch._tag === "Left") {
        strictEqual(batch.left._tag, "Stopped");
        break;
      }
      known.push(...batch.right.map(({ path }) => path));
      stop.abort();
    }
    deepStrictEqual(known, paths.slice(0, 1));
  }));
