import fc from "fast-check";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import {
  DEFAULT_PRETRAIN_CONFIG,
  MODEL_PRESETS,
  planOf,
} from "../../../core/mod.ts";
import {
  decodeSafetensors,
  describeTrainError,
  encodeSafetensors,
  orThrow,
  type StoredTensor,
} from "../../../train/mod.ts";
import { readWeights } from "../../../train/weights/read_weights.ts";
import {
  digested,
  readBytes,
  type Reading,
  readRanges,
  wholeReading,
} from "../../../train/files/byte_reading.ts";
import { pretrainTask } from "../../../train/tasks/pretrain.ts";
import { safetensorsReading } from "../../../train/files/safetensors.ts";
import { readStoredZip } from "../weights/torch/read_stored_zip.ts";
import { torchReading } from "../../../train/weights/torch/torch_file.ts";
import { watched } from "../../fuzz/watch.ts";
import { inFolder } from "../temporary_folder.ts";

const TORCH = new URL("../../golden/torch/", import.meta.url);

const EMPTY = new Uint8Array();

const blocks = fc.integer({ min: 1, max: 40 });

const tensor: fc.Arbitrary<StoredTensor> = fc.oneof(
  fc.float32Array({ maxLength: 9 }),
  fc.float64Array({ maxLength: 9 }),
  fc.int32Array({ maxLength: 9 }),
  fc.bigInt64Array({ maxLength: 9 }),
  fc.uint8Array({ maxLength: 9 }),
).map((data) => ({ shape: [data.length], data }));

const file = fc.record({
  metadata: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
  tensors: fc.dictionary(fc.string({ minLength: 1 }), tensor, { maxKeys: 4 }),
}).map(({ metadata, tensors }) =>
  encodeSafetensors({ metadata, tensors: new Map(Object.entries(tensors)) })
);

Deno.test("safetensorsReading() by blocks of any size gives what decodeSafetensors() gives of the whole", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x");
    await fc.assert(
      fc.asyncProperty(file, fc.nat(), blocks, async (bytes, cut, block) => {
        const part = cut % 3 === 0 ? bytes.subarray(0, cut) : bytes;
        await Deno.writeFile(path, part);
        deepStrictEqual(
          orThrow(await readRanges(path, safetensorsReading, block)),
          decodeSafetensors(part),
        );
      }),
    );
  }));

Deno.test("torchReading() by blocks of any size gives what it gives of bytes in memory", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x");
    const names = fc.constantFrom("kinds.pth", "nested.pth", "legacy.pth");
    await fc.assert(
      fc.asyncProperty(names, fc.nat(), blocks, async (name, cut, block) => {
        const bytes = await Deno.readFile(new URL(name, TORCH));
        const part = cut % 3 === 0 ? bytes.subarray(0, cut) : bytes;
        await Deno.writeFile(path, part);
        deepStrictEqual(
          orThrow(await readRanges(path, torchReading, block)),
          readBytes(part, torchReading),
        );
      }),
      { numRuns: 50 },
    );
  }));

Deno.test("digested() gives the SHA-512 of a file that is read from front to back", () => {
  fc.assert(fc.property(file, (bytes) => {
    strictEqual(
      readBytes(bytes, digested(safetensorsReading)).sha512,
      createHash("sha512").update(bytes).digest("hex"),
    );
  }));
});

Deno.test("readRanges() says that a file became shorter, and that a folder is no file", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x");
    await Deno.writeFile(path, new Uint8Array(20));
    const shrunk = await readRanges(path, function* (size): Reading<number> {
      Deno.truncateSync(path, 12);
      return (yield { start: 0, end: size }).length;
    });
    match(
      shrunk._tag === "Left" ? describeTrainError(shrunk.left) : "read",
      /it ends at byte 12: it became shorter/,
    );
    const none = await readRanges(folder, wholeReading);
    match(
      none._tag === "Left" ? describeTrainError(none.left) : "read",
      /it is no regular file/,
    );
  }));

Deno.test("safetensorsReading() asks for the optimizer's state of every preset tensor by tensor, each byte once", () => {
  for (const model of Object.values(MODEL_PRESETS)) {
    const config = { ...DEFAULT_PRETRAIN_CONFIG, model };
    const { epochs, batchSize, accumIter } = config.training;
    const plan = orThrow(planOf(config, 1000 * batchSize * accumIter));
    strictEqual(plan.totalSteps, 1000 * epochs);
    let end = 0;
    const entries = pretrainTask({ config, plan }).stateShapes(1).optimizer.map(
      ({ name, shape }) => {
        const start = end;
        end += 4 * shape.reduce((a, b) => a * b, 1);
        return [name, { dtype: "F32", shape, data_offsets: [start, end] }];
      },
    );
    const header = new TextEncoder().encode(
      JSON.stringify(Object.fromEntries(entries)),
    );
    const [from, size] = [8 + header.length, 8 + header.length + end];
    const length = new Uint8Array(
      BigUint64Array.of(BigInt(header.length)).buffer,
    );
    const reader = safetensorsReading(size);
    let [at, largest, next] = [0, 0, reader.next()];
    while (next.done !== true) {
      const { start, end: behind } = next.value;
      strictEqual(start, at);
      at = behind;
      if (start >= from) largest = Math.max(largest, behind - start);
      next = reader.next(at === 8 ? length : at === from ? header : EMPTY);
    }
    strictEqual(next.value._tag, "Right");
    strictEqual(at, size);
    ok(largest < 2 ** 26, `${largest} bytes at a time`);
  }
});

/** A file of an archive, and where it stands in it. */
interface Placed {
  readonly name: string;
  readonly at: number;
  readonly size: number;
  readonly content: Uint8Array;
}

const record = (length: number, set: (view: DataView) => void): Uint8Array => {
  const view = new DataView(new ArrayBuffer(length));
  set(view);
  return new Uint8Array(view.buffer);
};

/** Writes an archive with numbers of 64 bits; what nothing is written to is a hole. */
async function writeSparseZip(
  path: string,
  files: readonly Placed[],
): Promise<void> {
  using out = await Deno.open(path, { write: true, create: true });
  let at = 0;
  const put = async (bytes: Uint8Array, place = at) => {
    await out.seek(place, Deno.SeekMode.Start);
    strictEqual(await out.write(bytes), bytes.length);
    at = place + bytes.length;
  };
  const text = (name: string) => new TextEncoder().encode(name);
  for (const { name, at: place, content, size } of files) {
    const local = record(30, (view) => {
      view.setUint32(0, 0x04034b50, true);
      view.setUint16(26, name.length, true);
    });
    await put(local, place);
    await put(text(name));
    await put(content);
    at = place + 30 + name.length + size;
  }
  const start = at;
  for (const { name, at: place, content, size } of files) {
    const entry = record(46, (view) => {
      view.setUint32(0, 0x02014b50, true);
      view.setUint32(16, crc32(content), true);
      view.setUint32(20, 0xffffffff, true);
      view.setUint32(24, 0xffffffff, true);
      view.setUint16(28, name.length, true);
      view.setUint16(30, 28, true);
      view.setUint32(42, 0xffffffff, true);
    });
    const wide = record(28, (view) => {
      view.setUint16(0, 1, true);
      view.setUint16(2, 24, true);
      [size, size, place].forEach((number, i) =>
        view.setBigUint64(4 + 8 * i, BigInt(number), true)
      );
    });
    for (const part of [entry, text(name), wide]) await put(part);
  }
  const end = at;
  await put(record(56 + 20 + 22, (view) => {
    view.setUint32(0, 0x06064b50, true);
    view.setBigUint64(40, BigInt(end - start), true);
    view.setBigUint64(48, BigInt(start), true);
    view.setUint32(56, 0x07064b50, true);
    view.setBigUint64(64, BigInt(end), true);
    view.setUint32(76, 0x06054b50, true);
    view.setUint32(76 + 16, 0xffffffff, true);
  }));
}

Deno.test("readWeights() reads tensors behind the first 5 GB of a file, with no memory for what lies before", () =>
  inFolder(async (folder) => {
    const golden = await Deno.readFile(new URL("nested.pth", TORCH));
    const files = readStoredZip(golden);
    if (files._tag === "Left") throw new Error(files.left);
    const path = join(folder, "large.pth");
    const hole = { name: "a/hole", at: 0, size: 5e9, content: EMPTY };
    const behind = [...files.right].map(([name, content], i) => {
      const at = 5.1e9 + i * 1e7;
      return { name, at, size: content.length, content };
    });
    await writeSparseZip(path, [hole, ...behind]);
    const read = await watched(1e6, () => readWeights(path));
    const wanted = readBytes(golden, torchReading);
    if (read._tag === "Left" || wanted._tag === "Left") throw new Error();
    deepStrictEqual(read.right.tensors, wanted.right.tensors);
  }));
