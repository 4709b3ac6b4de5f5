/**
 * Data sets in files, made for tests.
 *
 * @module
 */
import type {
  ConvertedType,
  Encoding,
  ParquetType,
  SchemaElement,
} from "hyparquet";
import {
  ByteWriter,
  type ColumnSource,
  parquetWrite,
  type ParquetWriteOptions,
} from "hyparquet-writer";
import { packTar } from "modern-tar";

/** An image and its class, as archives hold them. */
export interface Stored {
  /** The bytes of a file. */
  readonly bytes: Uint8Array;
  /** Its class. */
  readonly label: number;
}

/** A row of a Parquet file. */
export interface StoredRow {
  /** The bytes of a file, or `null` where a path stands for them. */
  readonly bytes: Uint8Array | null;
  /** Where the file was; made up when left out. */
  readonly path?: string;
  /** Its class. */
  readonly label: number;
}

/** A tar archive with files by name. */
export function tarOf(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<Uint8Array> {
  return packTar(
    Object.entries(files).map(([name, content]) => {
      const body = typeof content === "string"
        ? new TextEncoder().encode(content)
        : content;
      return { header: { name, size: body.length }, body };
    }),
  );
}

/** A member of a tar archive that is written by hand. */
export interface HandMember {
  /** Its name, at most 100 bytes; bytes that are no UTF-8 as Latin-1. */
  readonly name: string;
  /** Kind, one character; a file when left out. */
  readonly type?: string;
  /** What it links to. */
  readonly target?: string;
  /** Its content. */
  readonly content?: string;
  /** The field of its size as it stands in the header; that of the content when left out. */
  readonly size?: Uint8Array;
  /** Whether the name is in Latin-1. */
  readonly isLatin1?: boolean;
}

const latin1 = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

/** The blocks of a member of a tar archive, as no library writes them. */
export function memberOf(member: HandMember): Uint8Array {
  const { name, type = "0", target = "", content = "", size, isLatin1 } =
    member;
  const text = new TextEncoder();
  const bytes = text.encode(content);
  const block = new Uint8Array(512 + Math.ceil(bytes.length / 512) * 512);
  block.set(isLatin1 ? latin1(name) : text.encode(name));
  block.set(
    size ?? latin1(bytes.length.toString(8).padStart(11, "0")),
    124,
  );
  block.set(latin1(type), 156);
  block.set(text.encode(target), 157);
  block.set(latin1("ustar\x0000"), 257);
  block.set(latin1(" ".repeat(8)), 148);
  const sum = block.subarray(0, 512).reduce((a, b) => a + b, 0);
  block.set(latin1(`${sum.toString(8).padStart(6, "0")}\0`), 148);
  block.set(bytes, 512);
  return block;
}

/** Bytes one behind the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A tar archive of members written by hand, with its end. */
export const handTar = (...members: readonly HandMember[]): Uint8Array =>
  joined(...members.map(memberOf), new Uint8Array(1024));

/** A shard of WebDataset. */
export function shardOf(images: readonly Stored[]): Promise<Uint8Array> {
  return tarOf(
    Object.fromEntries(
      images.flatMap(({ bytes, label }, i) => [
        [`${i}.jpg`, bytes],
        [`${i}.cls`, String(label)],
      ]),
    ),
  );
}

/** What can be said about a Parquet file. */
export interface ParquetOptions {
  /** Rows of a group. */
  readonly rowGroupSize?: number;
  /** Names of the classes for Hugging Face's metadata. */
  readonly names?: readonly string[];
  /** How pages are packed. */
  readonly codec?: "SNAPPY" | "UNCOMPRESSED";
}

/** A Parquet file in the layout of Hugging Face: `image { bytes, path }`, `label`. */
export function parquetOf(
  images: readonly StoredRow[],
  { rowGroupSize = 2, names, codec = "SNAPPY" }: ParquetOptions = {},
): Uint8Array {
  const writer = new ByteWriter();
  const info = { info: { features: { label: { names } } } };
  parquetWrite({
    writer,
    columnData: [
      {
        name: "image",
        data: images.map(({ bytes, path }, i) => ({
          bytes,
          path: path ?? `${i}.jpg`,
        })),
      },
      { name: "label", data: images.map(({ label }) => BigInt(label)) },
    ],
    schema: [
      { name: "root", num_children: 2 },
      { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
      { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
      {
        name: "path",
        type: "BYTE_ARRAY",
        converted_type: "UTF8",
        repetition_type: "OPTIONAL",
      },
      { name: "label", type: "INT64", repetition_type: "OPTIONAL" },
    ],
    codec,
    rowGroupSize,
    ...(names === undefined ? {} : {
      kvMetadata: [{ key: "huggingface", value: JSON.stringify(info) }],
    }),
  });
  return new Uint8Array(writer.getBuffer());
}

/** A column of a Parquet file and its elements in the schema. */
export interface StoredColumn {
  readonly data: ColumnSource;
  readonly schema: readonly SchemaElement[];
}

/** A column of records `{ bytes, path }`. */
export function imageColumn(
  name: string,
  images: readonly (Uint8Array | null)[],
  encoding?: Encoding,
): StoredColumn {
  const data = images.map((bytes, i) => bytes && { bytes, path: `${i}.jpg` });
  return {
    data: { name, data, ...(encoding === undefined ? {} : { encoding }) },
    schema: [
      { name, num_children: 2, repetition_type: "OPTIONAL" },
      { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
      {
        name: "path",
        type: "BYTE_ARRAY",
        converted_type: "UTF8",
        repetition_type: "OPTIONAL",
      },
    ],
  };
}

/** A column of single values. */
export const valueColumn = (
  name: string,
  type: ParquetType,
  data: readonly unknown[],
  converted?: ConvertedType,
): StoredColumn => ({
  data: { name, data: [...data] },
  schema: [{
    name,
    type,
    repetition_type: "OPTIONAL",
    ...(converted === undefined ? {} : { converted_type: converted }),
  }],
});

/** A column of lists of whole numbers. */
export const listColumn = (
  name: string,
  data: readonly (readonly number[])[],
): StoredColumn => ({
  data: { name, data: [...data] },
  schema: [
    {
      name,
      num_children: 1,
      repetition_type: "OPTIONAL",
      converted_type: "LIST",
    },
    { name: "list", num_children: 1, repetition_type: "REPEATED" },
    { name: "element", type: "INT32", repetition_type: "OPTIONAL" },
  ],
});

/** A Parquet file of any columns. */
export function parquetWith(
  columns: readonly StoredColumn[],
  options: Partial<ParquetWriteOptions> = {},
): Uint8Array {
  const writer = new ByteWriter();
  parquetWrite({
    writer,
    columnData: columns.map(({ data }) => data),
    schema: [
      { name: "root", num_children: columns.length },
      ...columns.flatMap(({ schema }) => schema),
    ],
    ...options,
  });
  return new Uint8Array(writer.getBuffer());
}

/** What Hugging Face writes of the columns. */
export const featuresOf = (
  features: Readonly<Record<string, unknown>>,
): Partial<ParquetWriteOptions> => ({
  kvMetadata: [{
    key: "huggingface",
    value: JSON.stringify({ info: { features } }),
  }],
});

/** Records of CIFAR's binary version; an image is flat of its level in each channel. */
export function cifarOf(
  labels: readonly (readonly number[])[],
): Uint8Array {
  return Uint8Array.from(
    labels.flatMap((own, i) => [
      ...own,
      ...[1, 2, 3].flatMap((c) => Array<number>(1024).fill(16 * i + c)),
    ]),
  );
}
