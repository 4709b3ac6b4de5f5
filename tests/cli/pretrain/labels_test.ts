import { match, ok, strictEqual } from "node:assert/strict";
import { classicImages } from "../../../cli/classic/classic_images.ts";
import { openImages } from "../../../cli/images/images.ts";
import {
  imageColumn,
  listColumn,
  parquetWith,
  type StoredColumn,
  valueColumn,
} from "../../data/archives.ts";
import { inFolder, valueOf } from "../../data/sources.ts";
import { endOf } from "../command/end_of.ts";

const images = (count: number): StoredColumn =>
  imageColumn(
    "image",
    Array.from({ length: count }, (_, i) => Uint8Array.of(i)),
  );

const partOf = (labels: readonly (number | null)[]): Uint8Array =>
  parquetWith([images(labels.length), valueColumn("label", "INT32", labels)]);

/** Every third image has no label. */
const SOME = Array.from({ length: 60 }, (_, i) => i % 3 === 2 ? null : i % 3);
const ALL = SOME.map((label) => label ?? 1);

Deno.test("openImages() learns from images without a label and judges by none of them", () =>
  inFolder({ "train.parquet": partOf(SOME) }, async (folder) => {
    const { train, validation, validationSummary } = valueOf(
      await openImages(folder, null),
    );
    const labels = Array.from(
      { length: validation?.length ?? 0 },
      (_, i) => validation?.label(i),
    );
    ok(labels.length > 0 && !labels.includes(null));
    strictEqual(train.length, 48);
    match(
      validationSummary,
      new RegExp(`${labels.length} of them have a class`),
    );
  }));

Deno.test("openImages() keeps images to judge by away where a part has no labels", () =>
  inFolder(
    { "train.parquet": partOf(ALL), "test.parquet": partOf([-1, -1]) },
    async (folder) => {
      const { validation } = valueOf(await openImages(folder, null));
      strictEqual(validation?.length, 12);
    },
  ));

Deno.test("openImages() of labels that are lists says so where it says why nothing is judged", () => {
  const lists = listColumn("labels", [[0, 1], [1], [0]]);
  const file = parquetWith([images(3), lists]);
  return inFolder({ "x.parquet": file }, async (folder) => {
    const { train, validation, validationSummary } = valueOf(
      await openImages(folder, null),
    );
    strictEqual(train.length, 3);
    strictEqual(validation, null);
    match(
      validationSummary,
      /^no images: their labels are no classes: a list of labels/,
    );
    const choice = { data: folder, limit: null, background: "mean" } as const;
    match(
      (await endOf(() => classicImages(choice, false))).message,
      /--data.*their labels are no classes: a list of labels stands at x/s,
    );
  });
});

Deno.test("classicImages() learns from and judges by labelled images, of the same classes", () =>
  inFolder(
    { "train.parquet": partOf(SOME), "val.parquet": partOf([0, -1, 1]) },
    async (folder) => {
      const choice = { data: folder, limit: null, background: "mean" } as const;
      const { train, validation } = await classicImages(choice, true);
      strictEqual(train.length, 40);
      strictEqual(validation.length, 2);
      await Deno.writeFile(`${folder}/val.parquet`, partOf([2, 1, 0]));
      match(
        (await endOf(() => classicImages(choice, true))).message,
        /--validate-test.* with other classes/s,
      );
    },
  ));
