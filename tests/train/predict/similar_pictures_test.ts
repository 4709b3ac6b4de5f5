import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { referenceBackend } from "../../../backends/mod.ts";
import {
  features,
  orThrow,
  predict,
  similarPictures,
} from "../../../train/mod.ts";
import {
  CLASS_NAMES,
  COLOUR_MODEL,
  madeClassifier,
  writeNoise,
} from "../weights/classifier/made_classifier.ts";
import { inFolder } from "../temporary_folder.ts";

const CLASSIFIER = madeClassifier("normOfMean");

/** Cosine of the angle between two rows. */
function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

Deno.test("similarPictures() leaves a picture out of its own row and a copy in, nearest first by cosine", () =>
  inFolder(async (folder) => {
    const names = ["a", "b", "c", "d"];
    const paths = await writeNoise(folder, names);
    await Deno.copyFile(`${folder}/a.png`, `${folder}/copy.png`);
    const backend = referenceBackend();
    const { found, errors } = orThrow(
      await similarPictures(
        ...[CLASSIFIER, `${folder}/./a.png`, folder] as const,
        { backend, most: 4 },
      ),
    );
    deepStrictEqual(errors, []);
    const [{ isAmongThem, nearest } = { isAmongThem: false, nearest: [] }] =
      found;
    ok(isAmongThem);
    strictEqual(nearest[0]?.path, `${folder}/copy.png`);
    ok(Math.abs(nearest[0].similarity - 1) < 1e-6);
    const rows = orThrow(await features(CLASSIFIER, paths, { backend }));
    const rowOf = (k: number) =>
      rows.features.subarray(k * rows.width, (k + 1) * rows.width);
    strictEqual(rows.width, COLOUR_MODEL.embedDim);
    const wanted = [1, 2, 3].map((k) => ({
      path: paths[k]!,
      similarity: cosine(rowOf(0), rowOf(k)),
    })).toSorted((x, y) => y.similarity - x.similarity);
    deepStrictEqual(
      nearest.slice(1).map(({ path }) => path),
      wanted.map(({ path }) => path),
    );
    nearest.slice(1).forEach(({ similarity }, i) => {
      const off = Math.abs(similarity - wanted[i]!.similarity);
      ok(off < 1e-5, `off by ${off}`);
    });
  }));

Deno.test("similarPictures() searches nothing where no picture that was asked for can be read", () =>
  inFolder(async (folder) => {
    await writeNoise(folder, ["a"]);
    const asked = `${folder}/none.png`;
    const backend = referenceBackend();
    const { found, errors } = orThrow(
      await similarPictures(CLASSIFIER, asked, folder, { backend }),
    );
    deepStrictEqual(found, []);
    deepStrictEqual(errors, [{ path: asked, reason: "there is no such file" }]);
  }));

Deno.test("features() of a classifier are what its head scores", () =>
  inFolder(async (folder) => {
    const paths = await writeNoise(folder, ["a", "b"]);
    const last = COLOUR_MODEL.stages.length - 1;
    const probe = madeClassifier({ tokens: "patches", stages: [last] });
    const backend = referenceBackend();

    const { features: rows, width } = orThrow(
      await features(probe, paths, { backend }),
    );
    const [weight, bias] = [
      probe.parameters.get("head.weight")!,
      probe.parameters.get("head.bias")!,
    ];
    const { predictions } = orThrow(await predict(probe, paths, { backend }));
    predictions.forEach(({ classes }, picture) => {
      const scores = CLASS_NAMES.map((_, c) =>
        rows.subarray(picture * width, (picture + 1) * width).reduce(
          (sum, value, f) => sum + value * weight[c * width + f]!,
          bias[c]!,
        )
      );
      const powers = scores.map(Math.exp);
      const total = powers.reduce((sum, power) => sum + power, 0);
      for (const { name, probability } of classes) {
        const own = powers[CLASS_NAMES.indexOf(name)]! / total;
        ok(Math.abs(own - probability) < 1e-5, `off by ${own - probability}`);
      }
    });
  }));
