import fc from "fast-check";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  classNamesFrom,
  type ImageSource,
  selectClasses,
  withClassesOf,
} from "../../../data/mod.ts";
import { CLASS_SUBSETS } from "../../../data/classes/class_subsets.ts";
import { errorOf, inFolder, noiseSource, valueOf } from "../sources.ts";

/**
 * Table 3 of the thesis (Class Codes for ImageNet 1K Variations), a line for each
 * class of each subset, as it was taken from its text.
 */
const table = Deno.readTextFileSync(
  new URL("../../golden/class_subsets.csv", import.meta.url),
);

Deno.test("CLASS_SUBSETS is table 3 of the thesis", () => {
  const [header, ...lines] = table.trim().split("\r\n");
  strictEqual(header, "subset,wnid");
  const expected: Record<string, string[]> = {};
  for (const line of lines) {
    const [subset = "", code = ""] = line.split(",");
    (expected[subset.toLowerCase()] ??= []).push(code);
  }
  deepStrictEqual(CLASS_SUBSETS, expected);
  for (const [name, codes] of Object.entries(CLASS_SUBSETS)) {
    strictEqual(codes.length, Number(name.slice("in-".length)));
    strictEqual(new Set(codes).size, codes.length);
    ok(codes.every((code) => CLASS_SUBSETS["in-100"].includes(code)));
  }
});

const names = ["ape", "bee", "cat", "dog", "eel"];
const source: ImageSource = {
  ...noiseSource(40),
  classNames: names,
  label: (index) => (index * 7) % 5,
};

Deno.test("selectClasses() keeps exactly the images of the classes, in order, numbered anew in the order of the source", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
      (wanted) => {
        const part = valueOf(selectClasses(source, wanted));
        deepStrictEqual(
          part.classNames,
          names.filter((name) => wanted.includes(name)),
        );
        const kept = Array.from({ length: 40 }, (_, i) => i)
          .filter((i) => wanted.includes(names[source.label(i) ?? -1] ?? ""));
        deepStrictEqual(
          Array.from({ length: part.length }, (_, i) => part.imageName(i)),
          kept.map((i) => `noise ${i}`),
        );
        kept.forEach((original, i) =>
          strictEqual(
            part.classNames?.[part.label(i) ?? -1],
            names[source.label(original) ?? -1],
          )
        );
      },
    ),
  );
});

Deno.test("selectClasses() names every class that is not there, the nearest one, and doubles", () => {
  const error = errorOf(selectClasses(source, ["cat", "dgo", "bees", "cat"]));
  match(
    error,
    /classes: found "?dgo"?, wanted a class of the source; the nearest is dog/,
  );
  match(error, /found "?bees"?.* the nearest is bee/);
  match(error, /found "?cat twice"?, wanted each class once/);
  match(
    errorOf(selectClasses({ ...source, classNames: null }, ["cat"])),
    /wanted images with classes/,
  );
});

Deno.test("classNamesFrom() takes subsets, lists and files", async () => {
  deepStrictEqual(
    valueOf(await classNamesFrom(" IN-25 ")),
    CLASS_SUBSETS["in-25"],
  );
  deepStrictEqual(valueOf(await classNamesFrom("cat, dog")), ["cat", "dog"]);
  deepStrictEqual(valueOf(await classNamesFrom("T-shirt/top")), [
    "T-shirt/top",
  ]);
  const files = {
    "names": "# animals\ncat\n\n  ant, red \n",
    "empty": "# none\n",
  };
  await inFolder(files, async (folder) => {
    deepStrictEqual(valueOf(await classNamesFrom(`${folder}/names`)), [
      "cat",
      "ant, red",
    ]);
    match(
      errorOf(await classNamesFrom(`${folder}/empty`)),
      /wanted names of classes/,
    );
  });
  match(errorOf(await classNamesFrom(" , ")), /wanted names of classes/);
});

Deno.test("selectClasses() says once that not one of many names is known, and what there is", () => {
  strictEqual(
    errorOf(selectClasses(source, CLASS_SUBSETS["in-100"])),
    'Cannot load images:\nclasses: found "100 names that the source does not have (n01440764, n01443537, n01484850, …)", wanted some of its 5 classes (ape, bee, cat, …)',
  );
});

Deno.test("classNamesFrom() takes a path for a file, there or not", async () => {
  await inFolder({}, async (folder) => {
    for (const text of [`${folder}/none`, "none.txt"]) {
      match(
        errorOf(await classNamesFrom(text)),
        /wanted a file with a name on each line; there is none/,
      );
    }
    deepStrictEqual(valueOf(await classNamesFrom("a.txt, b/c")), [
      "a.txt",
      "b/c",
    ]);
  });
});

Deno.test("withClassesOf() matches classes by name, whatever their numbers", () => {
  const learned = { ...noiseSource(6), classNames: ["cat", "dog", "eel"] };
  const judging = { ...noiseSource(9), classNames: ["fox", "eel", "dog"] };
  const found = withClassesOf(learned, judging);
  const { source } = found ?? { source: noiseSource(0) };
  deepStrictEqual(
    Array.from({ length: source.length }, (_, i) => [
      source.imageName(i),
      source.classNames?.[source.label(i) ?? -1],
    ]),
    [1, 2, 4, 5, 7, 8].map((i) => [
      `noise ${i}`,
      i % 3 === 1 ? "eel" : "dog",
    ]),
  );
  deepStrictEqual([found?.onlyLearned, found?.onlyJudged], [["cat"], ["fox"]]);
});

Deno.test("withClassesOf() wants two classes in common", () => {
  const learned = noiseSource(6);
  const others = [["a", "x", "y"], null];
  for (const classNames of others) {
    strictEqual(
      withClassesOf(learned, { ...noiseSource(6), classNames }),
      null,
    );
  }
});
