import fc from "fast-check";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import {
  decodeSafetensors,
  encodeSafetensors,
  type TensorFile,
} from "../../../train/files/safetensors.ts";
import type {
  StoredTensor,
  TensorData,
} from "../../../train/files/tensor_data.ts";

const lengthsTo = (most: number) =>
  fc.array(fc.nat({ max: 3 }), {
    maxLength: most,
  });

/** Numbers of every kind that is stored, also `NaN`, infinities and `−0`. */
const dataOf = (length: number): fc.Arbitrary<TensorData> => {
  const bounds = { minLength: length, maxLength: length };
  return fc.oneof<fc.Arbitrary<TensorData>[]>(
    fc.float32Array(bounds),
    fc.float64Array(bounds),
    fc.int32Array(bounds),
    fc.bigInt64Array(bounds),
    fc.uint8Array(bounds),
  );
};

const tensor: fc.Arbitrary<StoredTensor> = lengthsTo(3).chain((shape) =>
  dataOf(shape.reduce((a, b) => a * b, 1)).map((data) => ({ shape, data }))
);

const files: fc.Arbitrary<TensorFile> = fc.record({
  metadata: fc.dictionary(fc.string({ unit: "grapheme" }), fc.string(), {
    noNullPrototype: true,
    maxKeys: 3,
  }),
  tensors: fc.array(
    fc.tuple(
      fc.string({ unit: "grapheme" }).filter((name) => name !== "__metadata__"),
      tensor,
    ),
    { maxLength: 4 },
  ).map((entries) => new Map(entries)),
});

const bytesOf = ({ data }: StoredTensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const decoded = (bytes: Uint8Array): TensorFile => {
  const file = decodeSafetensors(bytes);
  if (file._tag === "Left") throw new Error(file.left.reason);
  return file.right;
};

const reasonOf = (bytes: Uint8Array): string => {
  const file = decodeSafetensors(bytes);
  return file._tag === "Left" ? file.left.reason : "accepted";
};

Deno.test("encodeSafetensors() writes the digest of a file whose digits are zeros, as any program can check", () => {
  fc.assert(fc.property(files, (file) => {
    const metadata = { ...file.metadata, "vitfreeze.sha512": "anything" };
    const bytes = encodeSafetensors({ ...file, metadata });
    const digits = decoded(bytes).metadata["vitfreeze.sha512"] ?? "";
    const at = Buffer.from(bytes).lastIndexOf(digits);
    const blank = bytes.slice().fill(0x30, at, at + 128);
    strictEqual(createHash("sha512").update(blank).digest("hex"), digits);
    match(reasonOf(bytes.with(at, bytes[at]! ^ 1)), /it is not as it was/);
  }));
});

Deno.test("decodeSafetensors() takes a text that looks like a digest for a text", () => {
  const digest = `{"vitfreeze.sha512":"${"a".repeat(128)}"}`;
  const tensors = new Map([[digest, {
    shape: [1],
    data: Float32Array.of(1),
  }]]);
  const metadata = { [digest]: digest, x: digest, "vitfreeze.sha512": "" };
  const bytes = encodeSafetensors({ metadata, tensors });
  strictEqual(reasonOf(bytes), "accepted");
  match(reasonOf(bytes.with(-1, 0)), /it is not as it was/);
});

Deno.test("decodeSafetensors() gives back what encodeSafetensors() wrote, bit for bit", () => {
  fc.assert(fc.property(files, (file) => {
    const back = decoded(encodeSafetensors(file));
    deepStrictEqual({ ...back.metadata }, { ...file.metadata });
    deepStrictEqual(new Set(back.tensors.keys()), new Set(file.tensors.keys()));
    for (const [name, tensor] of file.tensors) {
      const copy = back.tensors.get(name)!;
      deepStrictEqual(copy.shape, tensor.shape);
      strictEqual(copy.data.constructor, tensor.data.constructor);
      deepStrictEqual(bytesOf(copy), bytesOf(tensor));
    }
  }));
});

Deno.test("encodeSafetensors() starts the numbers at a multiple of 8 and writes a view's part only", () => {
  const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
  const file = {
    metadata: {},
    tensors: new Map([["x", { shape: [2], data }]]),
  };
  const bytes = encodeSafetensors(file);
  const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  strictEqual(header % 8, 0);
  deepStrictEqual(
    new Float32Array(bytes.buffer, 8 + header),
    Float32Array.of(1, 2),
  );
});

/** A file with this header and so many bytes behind it. */
function fileOf(header: string, behind: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + behind);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const entryOf = (over: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    x: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...over },
  });

Deno.test("decodeSafetensors() reads a file that was written by hand", () => {
  const bytes = fileOf(
    '{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
    8,
  );
  bytes.set([0, 0, 128, 63, 0, 0, 0, 192], bytes.length - 8);
  deepStrictEqual(decoded(bytes), {
    metadata: {},
    tensors: new Map([["x", { shape: [2], data: Float32Array.of(1, -2) }]]),
  });
});

Deno.test("decodeSafetensors() reads half-precision numbers as float32", () => {
  const header = JSON.stringify({
    h: { dtype: "F16", shape: [3], data_offsets: [0, 6] },
    b: { dtype: "BF16", shape: [2], data_offsets: [6, 10] },
  });
  const bytes = fileOf(header, 10);
  // 1, −2 and the smallest subnormal; 1 and −2.
  bytes.set([0, 0x3c, 0, 0xc0, 1, 0, 0x80, 0x3f, 0, 0xc0], bytes.length - 10);
  const { tensors } = decoded(bytes);
  deepStrictEqual(tensors.get("h")?.data, Float32Array.of(1, -2, 2 ** -24));
  deepStrictEqual(tensors.get("b")?.data, Float32Array.of(1, -2));
});

Deno.test("decodeSafetensors() refuses a file that was cut off anywhere", () => {
  fc.assert(fc.property(files, fc.nat(), (file, cut) => {
    const bytes = encodeSafetensors(file);
    const part = bytes.subarray(0, cut % bytes.length);
    strictEqual(decodeSafetensors(part)._tag, "Left");
  }));
});

Deno.test("decodeSafetensors() says that a file is truncated and where", () => {
  match(
    reasonOf(fileOf(entryOf({}), 7)),
    /the file is truncated: tensor x ends at byte 8, there are 7/,
  );
});

Deno.test("decodeSafetensors() never throws, whatever byte is changed", () => {
  fc.assert(
    fc.property(files, fc.nat(), fc.nat({ max: 255 }), (file, at, byte) => {
      const bytes = encodeSafetensors(file);
      bytes[at % bytes.length] = byte;
      ok(["Left", "Right"].includes(decodeSafetensors(bytes)._tag));
    }),
    { numRuns: 300 },
  );
});

const REFUSED: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
  "no bytes": [new Uint8Array(), /has 0 bytes, wanted at least 8/],
  "a header longer than the file": [
    fileOf("", 3).fill(0x7f, 0, 8),
    /the header claims \d+ bytes, the file has 3/,
  ],
  "a header that is no JSON": [fileOf("{x", 0), /the header is not JSON/],
  "a header that is no text": [
    fileOf("  ", 0).fill(0xff, 8),
    /the header is not JSON/,
  ],
  "a header that is a list": [fileOf("[]", 0), /not a JSON object/],
  "a kind of number nobody knows": [
    fileOf(entryOf({ dtype: "F8" }), 8),
    /tensor x has dtype "F8", wanted one of F64, F32, F16, BF16, I64, I32, U8/,
  ],
  "a kind of number that is the name of a method": [
    fileOf(entryOf({ dtype: "toString" }), 8),
    /tensor x has dtype "toString"/,
  ],
  "a shape that is no list of counts": [
    fileOf(entryOf({ shape: [-2, -1] }), 8),
    /tensor x has shape \[-2,-1\]/,
  ],
  "offsets that are no pair": [
    fileOf(entryOf({ data_offsets: [0] }), 8),
    /tensor x has offsets \[0\]/,
  ],
  "a tensor that is nothing": [
    fileOf('{"x":null}', 0),
    /tensor x has dtype nothing/,
  ],
  "more bytes than the shape has": [
    fileOf(entryOf({ data_offsets: [0, 12] }), 12),
    /tensor x has 12 bytes, wanted 8/,
  ],
  "a hole before a tensor": [
    fileOf(entryOf({ data_offsets: [4, 12] }), 12),
    /tensor x starts at byte 4, wanted 0/,
  ],
  "two tensors in one place": [
    fileOf(
      JSON.stringify({
        x: { dtype: "U8", shape: [2], data_offsets: [0, 2] },
        y: { dtype: "U8", shape: [2], data_offsets: [1, 3] },
      }),
      3,
    ),
    /tensor y starts at byte 1, wanted 2/,
  ],
  "bytes behind the last tensor": [
    fileOf(entryOf({}), 9),
    /1 bytes follow the last tensor/,
  ],
  "metadata that are no texts": [
    fileOf('{"__metadata__":{"step":1}}', 0),
    /metadata is not a record of texts/,
  ],
};

for (const [what, [bytes, reason]] of Object.entries(REFUSED)) {
  Deno.test(`decodeSafetensors() refuses ${what} and says so`, () => {
    match(reasonOf(bytes), reason);
  });
}
