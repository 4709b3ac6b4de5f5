import { deepStrictEqual, match, throws } from "node:assert/strict";
import { parquetMetadata, parquetSchema } from "hyparquet";
import { parquetColumns } from "../../../../data/sources/parquet/parquet_columns.ts";
import {
  featuresOf,
  imageColumn,
  listColumn,
  parquetWith,
  type StoredColumn,
  valueColumn,
} from "../../archives.ts";

const BYTES = [Uint8Array.of(1)];
const image = (name: string) => imageColumn(name, BYTES);
const whole = (name: string) => valueColumn(name, "INT32", [1]);
const text = (name: string) => valueColumn(name, "BYTE_ARRAY", ["x"], "UTF8");
const binary = (name: string) => valueColumn(name, "BYTE_ARRAY", BYTES);

function columnsOf(
  columns: readonly StoredColumn[],
  features: Readonly<Record<string, unknown>> = {},
) {
  const metadata = parquetMetadata(parquetWith(columns, featuresOf(features)));
  return parquetColumns(metadata, parquetSchema(metadata));
}

Deno.test("parquetColumns() takes the column of images by its name, masks and depth last", () => {
  const orders: readonly (readonly [string, readonly string[]])[] = [
    ["image", ["mask", "depth_map", "image"]],
    ["image", ["segmentation", "image", "label"]],
    ["img", ["conditioning_image", "img"]],
    ["left", ["normals", "left", "right"]],
    ["mask", ["mask"]],
  ];
  for (const [wanted, names] of orders) {
    const { image: found, path, others } = columnsOf(names.map(image));
    deepStrictEqual([found, path], [wanted, [wanted, "bytes"]]);
    deepStrictEqual(others, names.filter((name) => name !== wanted));
  }
});

Deno.test("parquetColumns() takes bytes by the name of images where no record holds them", () => {
  const { path, label } = columnsOf([binary("id"), binary("jpg"), whole("y")]);
  deepStrictEqual([path, label], [["jpg"], null]);
  deepStrictEqual(columnsOf([binary("image"), image("img")]).path, [
    "img",
    "bytes",
  ]);
});

Deno.test("parquetColumns() takes the column of classes by its name or by what Hugging Face says of it", () => {
  const names = { names: ["cat", "dog"], _type: "ClassLabel" };
  const labelOf = (
    columns: readonly StoredColumn[],
    features: Readonly<Record<string, unknown>> = {},
  ) => {
    const { label, classNames } = columnsOf(
      [image("image"), ...columns],
      features,
    );
    return [label, classNames];
  };
  deepStrictEqual(labelOf([text("caption")]), [null, null]);
  deepStrictEqual(labelOf([whole("class"), whole("Label")]), ["Label", null]);
  deepStrictEqual(
    labelOf([whole("coarse_label"), whole("fine_label")], {
      coarse_label: names,
      fine_label: names,
    }),
    ["fine_label", ["cat", "dog"]],
  );
  deepStrictEqual(
    labelOf([whole("breed"), text("category")], { breed: names }),
    [
      "breed",
      ["cat", "dog"],
    ],
  );
  deepStrictEqual(labelOf([image("label")]), [null, null]);
  const lists = listColumn("labels", [[1]]);
  deepStrictEqual(labelOf([lists]), ["labels", null]);
  deepStrictEqual(labelOf([lists, whole("class")]), ["class", null]);
});

Deno.test("parquetColumns() names what is there where no column holds images", () => {
  throws(() => columnsOf([text("id"), whole("label")]), (error: Error) => {
    match(error.message, /^the columns id, label, none of \{ bytes, path \}$/);
    return true;
  });
  throws(
    () => columnsOf([listColumn("images", [[1]])]),
    /a column images of lists or records without bytes/,
  );
});
