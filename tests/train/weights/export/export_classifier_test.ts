import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { HeadInput } from "../../../../core/mod.ts";
import { referenceBackend } from "../../../../backends/mod.ts";
import {
  exportClassifier,
  openClassifier,
  type OpenedClassifier,
  orThrow,
  predict,
} from "../../../../train/mod.ts";
import { classifierFiles } from "../../../../train/weights/export/export_classifier.ts";
import { inFolder } from "../../temporary_folder.ts";
import {
  CLASS_NAMES,
  COLOUR_MODEL,
  madeClassifier,
  writeNoise,
} from "../classifier/made_classifier.ts";

const last = COLOUR_MODEL.stages.length - 1;

const HEAD_INPUTS: readonly HeadInput[] = [
  "normOfMean",
  { tokens: "patches", stages: [last] },
  { tokens: "classToken", stages: [last] },
];

const exported = (classifier: OpenedClassifier) => ({
  ...classifier,
  ...{ title: "Made", history: ["Made for a test."] },
});

for (const headInput of HEAD_INPUTS) {
  const what = headInput === "normOfMean" ? headInput : headInput.tokens;
  Deno.test(`openClassifier() reads what exportClassifier() writes of ${what}: the same function, classes and preparation`, () =>
    inFolder(async (folder) => {
      const made = madeClassifier(headInput);
      orThrow(await exportClassifier(`${folder}/made`, exported(made)));
      const read = orThrow(await openClassifier(`${folder}/made`));
      const { classNames, resizeSize, background, normalization } = read;
      deepStrictEqual(
        [classNames, resizeSize, background, normalization.mean],
        [CLASS_NAMES, 32, "white", made.normalization.mean],
      );
      const pictures = await writeNoise(folder, ["a", "b", "c"]);
      const backend = referenceBackend();
      const [before, after] = [
        orThrow(await predict(made, pictures, { backend })),
        orThrow(await predict(read, pictures, { backend })),
      ];
      deepStrictEqual(after, before);
      const [first] = before.predictions;
      strictEqual(first?.classes.length, CLASS_NAMES.length);
    }));
}

/** Runs transformers.js on pictures. */
async function classesByTransformers(
  folder: string,
  pictures: readonly string[],
): Promise<readonly (readonly { label: string; score: number }[])[]> {
  const script = new URL("transformers_classes.ts", import.meta.url);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script.pathname, folder, "made", ...pictures],
  }).output();
  const text = new TextDecoder();
  ok(success, text.decode(stderr));
  return JSON.parse(text.decode(stdout).trim().split("\n").at(-1) ?? "");
}

for (const headInput of ["normOfMean", HEAD_INPUTS[2]!] as const) {
  const what = headInput === "normOfMean" ? headInput : headInput.tokens;
  Deno.test(`transformers.js names the classes that predict() names, of ${what}, with probabilities to 1e-4`, () =>
    inFolder(async (folder) => {
      const made = madeClassifier(headInput);
      orThrow(await exportClassifier(`${folder}/made`, exported(made)));
      const pictures = await writeNoise(folder, ["a", "b"]);
      const { predictions } = orThrow(
        await predict(made, pictures, { backend: referenceBackend() }),
      );
      const found = await classesByTransformers(folder, pictures);
      for (const [k, { classes }] of predictions.entries()) {
        const theirs = found[k] ?? [];
        deepStrictEqual(
          theirs.map(({ label }) => label),
          classes.map(({ name }) => name),
        );
        classes.forEach(({ probability }, i) => {
          const off = Math.abs(probability - (theirs[i]?.score ?? NaN));
          ok(off < 1e-4, `off by ${off}`);
        });
      }
    }));
}

Deno.test("classifierFiles() name the classes in timm's and in transformers' form, and on the card", () => {
  const files = classifierFiles(exported(madeClassifier("normOfMean")));
  if (files._tag === "Left") throw new Error("no files");
  const config = JSON.parse(files.right.get("config.json") as string);
  deepStrictEqual(config.id2label["1"], "dog, wet");
  deepStrictEqual(config.label2id["dog, wet"], 1);
  deepStrictEqual(config.label_names, CLASS_NAMES);
  deepStrictEqual(
    [config.num_labels, config.num_classes, config.global_pool],
    [4, 4, "avg"],
  );
  deepStrictEqual(config.architectures, ["ViTForImageClassification"]);
  const card = files.right.get("README.md") as string;
  match(card, /^pipeline_tag: image-classification$/m);
  match(card, /^3\. naïve\\_\\\*fox\\\*$/m);
});

Deno.test("classifierFiles() refuse a head on features that other programs have not", () => {
  const stages = COLOUR_MODEL.stages.map((_, k) => k);
  const made = madeClassifier({ tokens: "patches", stages });
  const files = classifierFiles(exported(made));
  strictEqual(files._tag === "Left" && files.left[0].path, "headInput.stages");
});
