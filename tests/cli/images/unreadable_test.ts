import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/mod.ts";
import { left, PROBE_RECIPE } from "../../../core/mod.ts";
import { badImages, type ImageSource } from "../../../data/mod.ts";
import { epochFeatures } from "../../../cli/evaluate/epoch_features.ts";
import type { Evaluation } from "../../../cli/evaluate/open_evaluation.ts";
import {
  encodedBy,
  plannedProbe,
  unkeptProbe,
} from "../../../cli/evaluate/probe_encoder.ts";
import { sourceFeatures } from "../../../cli/evaluate/features.ts";
import {
  describeUnreadable,
  evaluatedImages,
  tellUnreadable,
} from "../../../cli/images/unreadable.ts";
import {
  allTaps,
  initialSnapshot,
  orThrow,
  uploadEncoder,
} from "../../../train/mod.ts";
import { noiseSource } from "../../data/sources.ts";
import { onDevices } from "../../train/devices.ts";
import { TINY_MODEL, tinyRun } from "../../train/tiny_run.ts";

Deno.test("describeUnreadable() says nothing of whole images, names the only damaged one, and counts several", () => {
  const bad = badImages(1000);
  strictEqual(describeUnreadable(bad, "to judge by"), null);
  bad.note({ index: 3, image: "a/3.jpg", reason: "cut short" });
  strictEqual(
    describeUnreadable(bad, "to judge by"),
    "one of the images to judge by could not be read: a/3.jpg: cut short",
  );
  bad.note({ index: 7, image: "b/7.jpg", reason: "a zip archive" });
  strictEqual(
    describeUnreadable(bad, "to judge by"),
    "2 of the images to judge by could not be read, the first a/3.jpg: cut short",
  );
});

/** Noise, of which one image cannot be read. */
function damaged(length: number, bad: number): ImageSource {
  const source = noiseSource(length);
  const reason = "cut short";
  return {
    ...source,
    read: (index) =>
      index === bad
        ? Promise.resolve(left({ _tag: "BadImage", image: "bad", reason }))
        : source.read(index),
  };
}

const BAD = 4;
const { config, plan } = tinyRun();
const { parameters } = initialSnapshot(config, plan);
const FEATURE = { tokens: "patches", stages: [3] } as const;
const PROBE = {
  ...PROBE_RECIPE,
  width: TINY_MODEL.embedDim,
  classes: 3,
  epochs: 3,
  warmupEpochs: 0,
  batchSize: 4,
};

const evaluationOn = (backend: Backend): Evaluation => ({
  encoder: {
    model: TINY_MODEL,
    parameters,
    report: {
      prefix: "",
      used: [],
      missing: [],
      zeros: [],
      leftOver: [],
      opaque: [],
      positions: { grid: null, classToken: false, offFixed: 0 },
    },
    path: "tiny",
    normalization: null,
    steps: null,
    skipped: [],
  },
  ...evaluatedImages(damaged(12, BAD), damaged(8, BAD)),
  classes: 3,
  resizeSize: TINY_MODEL.imageSize,
  backend,
});

await onDevices(
  ["cpu"],
  "a probe learns from and is judged by the images that can be read, and tells of the others",
  async (backend) => {
    for (const augment of [false, true]) {
      const evaluation = evaluationOn(backend);
      const uploaded = uploadEncoder(backend, TINY_MODEL, parameters);
      const features = { feature: FEATURE, augment, isSwept: false };
      const [encoded] = orThrow(
        await encodedBy(evaluation, [uploaded], features, {}),
      );
      ok(encoded !== undefined);
      const rate = { config: PROBE, sweep: null };
      const loading = { badImages: evaluation.unreadable.train };
      const probe = plannedProbe(
        ...[evaluation, encoded, features, rate, loading, undefined] as const,
      );
      const found = orThrow(
        await unkeptProbe(probe, encoded, backend, undefined),
      );
      ok(found.top1 >= 0 && found.top5 === 1);
      for (const tensor of uploaded.values()) tensor.dispose();
      const lines: string[] = [];
      deepStrictEqual(tellUnreadable(evaluation, (line) => lines.push(line)), {
        unreadable: { train: 1, queries: 1 },
      });
      deepStrictEqual(lines, [
        "one of the images to learn from could not be read: bad: cut short",
        "one of the images to judge by could not be read: bad: cut short",
      ]);
    }
  },
);

await onDevices(
  ["cpu"],
  "epochFeatures() gives what stands in for an image its own class",
  async (backend) => {
    const evaluation = evaluationOn(backend);
    const uploaded = uploadEncoder(backend, TINY_MODEL, parameters);
    const features = epochFeatures(evaluation, uploaded, FEATURE, PROBE, {
      badImages: evaluation.unreadable.train,
    });
    const classes = await Promise.all(
      [0, 1, 2, 3, 4, 5].map(async (epoch) =>
        orThrow(await features(epoch)).labels
      ),
    );
    for (const labels of classes) {
      labels.forEach((label, index) => {
        if (index !== BAD) strictEqual(label, index % 3);
      });
    }
    // Six draws among eleven images are of more than one class.
    ok(new Set(classes.map((labels) => labels[BAD])).size > 1);
    const [middles] = orThrow(
      await sourceFeatures(
        evaluation,
        [uploaded],
        allTaps(TINY_MODEL),
        "train",
      ),
    );
    deepStrictEqual(
      [...middles?.labels ?? []],
      [0, 1, 2, 0, 2, 0, 1, 2, 0, 1, 2],
    );
    for (const tensor of uploaded.values()) tensor.dispose();
  },
);
