import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { describeTrainError, orThrow } from "../../../../train/mod.ts";
import {
  type ClassifierFacts,
  factsText,
  parseFacts,
  readClassifierFacts,
  writeClassifierFacts,
} from "../../../../train/weights/classifier/classifier_facts.ts";
import { inFolder } from "../../temporary_folder.ts";

const FACTS: ClassifierFacts = {
  classNames: ["cat", "dog"],
  normalization: { mean: [0.5], deviation: [0.25] },
  resizeSize: 32,
  background: "black",
  probed: {
    encoder: { path: "/a/model.safetensors", digest: "0123456789abcdef" },
    feature: { tokens: "classToken", stages: [3] },
  },
};

Deno.test("readClassifierFacts() reads what writeClassifierFacts() wrote, and null where nothing was", () =>
  inFolder(async (folder) => {
    strictEqual(orThrow(await readClassifierFacts(folder)), null);
    orThrow(await writeClassifierFacts(folder, FACTS));
    deepStrictEqual(orThrow(await readClassifierFacts(folder)), {
      ...{ version: 1, ...FACTS },
    });
    await Deno.writeTextFile(`${folder}/classifier.json`, "[]");
    const bad = await readClassifierFacts(folder);
    match(
      bad._tag === "Left" ? describeTrainError(bad.left) : "",
      /classifier\.json: found .*, wanted classNames, /,
    );
  }));

const SPOILED: readonly (readonly [string, object])[] = [
  ["no class", { classNames: [] }],
  ["a class that is no text", { classNames: ["cat", 1] }],
  ["a deviation of 0", { normalization: { mean: [0], deviation: [0] } }],
  ["half a pixel", { resizeSize: 31.5 }],
  ["an unknown background", { background: "pink" }],
  ["an encoder without its digest", {
    probed: { ...FACTS.probed, encoder: { path: "/a" } },
  }],
  ["a stage below 0", {
    probed: {
      ...FACTS.probed,
      feature: { tokens: "patches", stages: [-1] },
    },
  }],
];

for (const [what, change] of SPOILED) {
  Deno.test(`parseFacts() refuses ${what}`, () => {
    const spoiled = { ...FACTS, ...change } as ClassifierFacts;
    strictEqual(parseFacts(factsText(spoiled))._tag, "Left");
    strictEqual(parseFacts(factsText(FACTS))._tag, "Right");
  });
}
