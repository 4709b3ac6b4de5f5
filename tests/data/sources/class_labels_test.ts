import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { classLabels } from "../../../data/sources/class_labels.ts";

const labelled = (
  values: readonly unknown[],
  names: readonly string[] | null = null,
) => classLabels([{ values, names }], (index) => `#${index}`);

/** The name of each image's class, `null` where it has none. */
const namesOf = ({ classNames, labels }: ReturnType<typeof classLabels>) =>
  [...labels].map((label) => classNames?.[label] ?? null);

Deno.test("classLabels() takes whole numbers of every type, and those that occur are the names", () => {
  const stored = [
    [3, 12, 3, 700_000],
    [3n, 12n, 3n, 700_000n],
    ["3", " 12\r\n", "03", "700000"],
    ["3", "12", "3", "700000"].map((text) => new TextEncoder().encode(text)),
  ];
  for (const values of stored) {
    const found = labelled(values);
    deepStrictEqual(found.classNames, ["3", "12", "700000"]);
    deepStrictEqual([...found.labels], [0, 1, 0, 2]);
    deepStrictEqual([found.notes, found.fault], [[], null]);
  }
});

Deno.test("classLabels() of numbers takes all from 0 on where at least half occur, and names one without an image", () => {
  const found = labelled([1, 3, 2, 3]);
  deepStrictEqual(found.classNames, ["0", "1", "2", "3"]);
  deepStrictEqual([...found.labels], [1, 3, 2, 3]);
  deepStrictEqual(found.notes, ["1 of 4 classes without an image (0)"]);
  deepStrictEqual(labelled([5, 1]).classNames, ["1", "5"]);
});

Deno.test("classLabels() takes texts and truths for names, sorted", () => {
  deepStrictEqual(labelled(["dog", "cat", "dog"]).classNames, ["cat", "dog"]);
  deepStrictEqual(labelled([true, false, true]).classNames, ["false", "true"]);
  deepStrictEqual(namesOf(labelled(["b", 2, "a"])), ["b", "2", "a"]);
});

Deno.test("classLabels() counts images without a label, with an example of each kind", () => {
  const found = labelled([0, -1, null, -1, NaN, undefined, "", 1, -100]);
  deepStrictEqual(namesOf(found), [
    "0",
    ...Array(6).fill(null),
    "1",
    null,
  ]);
  deepStrictEqual(found.notes, [
    "without a class: 4 with no label (#2), 2 with the label -1 (#1), " +
    "1 with the label -100 (#8)",
  ]);
});

Deno.test("classLabels() by names: a number is a position, a text a name, anything else no class", () => {
  const names = ["crane", "dog", "crane"];
  const found = labelled([2, 0, "dog", 3, "fox"], names);
  deepStrictEqual(found.classNames, names);
  deepStrictEqual([...found.labels], [2, 0, 1, -1, -1]);
  match(
    found.notes[0] ?? "",
    /1 with class 3 of 3 \(#3\), 1 with "fox", no class/,
  );
});

Deno.test("classLabels() joins files whose names differ by the names", () => {
  const parts = [
    { values: [0, 1], names: ["cat", "dog"] },
    { values: [0, 1, 2], names: ["dog", "cat", "eel"] },
    { values: [1, 2], names: null },
  ];
  const found = classLabels(parts, String);
  deepStrictEqual(found.classNames, ["cat", "dog", "eel"]);
  deepStrictEqual([...found.labels], [0, 1, 1, 0, 2, 1, 2]);
});

Deno.test("classLabels() leaves all without a class where one is a list, a record or a fraction, and says where", () => {
  for (
    const [value, found] of [
      [[0, 1], "a list of labels"],
      [{ a: 1 }, "a record"],
      [0.5, "the number 0.5"],
      [new Date(0), "a record"],
    ]
  ) {
    const { classNames, labels, fault } = labelled([0, value, 1]);
    deepStrictEqual([classNames, [...labels]], [null, [-1, -1, -1]]);
    strictEqual(fault, `${found} stands at #1`);
  }
});

Deno.test("classLabels() of nothing but missing labels says so; of nothing at all it is silent", () => {
  strictEqual(labelled([-1, -1]).fault, "2 with the label -1 (#0)");
  deepStrictEqual(labelled([-1], ["cat"]).classNames, null);
  strictEqual(labelled([null, null]).fault, null);
  strictEqual(labelled([]).classNames, null);
});

Deno.test("classLabels() gives every image the name that stands there", () => {
  const label = fc.oneof(
    fc.nat(20),
    fc.stringMatching(/^[a-z]{1,3}$/),
    fc.boolean(),
  );
  fc.assert(fc.property(fc.array(label, { minLength: 1 }), (values) => {
    const found = labelled(values);
    deepStrictEqual(namesOf(found), values.map(String));
    strictEqual(new Set(found.classNames).size, found.classNames?.length);
  }));
});
