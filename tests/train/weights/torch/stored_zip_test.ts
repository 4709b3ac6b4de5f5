import fc from "fast-check";
import { deepStrictEqual, match, ok } from "node:assert/strict";
import { zipSync } from "fflate";
import { readStoredZip } from "./read_stored_zip.ts";

const archives = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,4}(\/[a-z]{1,4})?$/),
  fc.uint8Array({ maxLength: 40 }),
  { maxKeys: 4, noNullPrototype: true },
);

const stored = (files: Readonly<Record<string, Uint8Array>>): Uint8Array =>
  zipSync(files, { level: 0 });

const reasonOf = (bytes: Uint8Array): string => {
  const files = readStoredZip(bytes);
  return files._tag === "Left" ? files.left : "accepted";
};

Deno.test("readStoredZip() gives the files that another program stored", () => {
  fc.assert(fc.property(archives, (files) => {
    const read = readStoredZip(stored(files));
    deepStrictEqual(
      read._tag === "Right" &&
        Object.fromEntries([...read.right].map(([name, x]) => [name, [...x]])),
      Object.fromEntries(
        Object.entries(files).map(([name, x]) => [name, [...x]]),
      ),
    );
  }));
});

Deno.test("readStoredZip() refuses an archive that was cut off anywhere", () => {
  fc.assert(fc.property(archives, fc.nat(), (files, cut) => {
    const bytes = stored(files);
    const read = readStoredZip(bytes.subarray(0, cut % bytes.length));
    ok(read._tag === "Left");
  }));
});

Deno.test("readStoredZip() gives files or one reason, whatever bytes are changed", () => {
  const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(
      archives,
      fc.array(change, { minLength: 1, maxLength: 5 }),
      (files, changes) => {
        const bytes = stored(files);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const read = readStoredZip(bytes);
        ok(read._tag === "Right" || read.left.length > 0);
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("readStoredZip() refuses a compressed file and one whose checksum is another", () => {
  const content = new Uint8Array(1000);
  match(reasonOf(zipSync({ a: content }, { level: 9 })), /^a is compressed$/);
  const bytes = stored({ a: content });
  bytes[200] = 1;
  match(reasonOf(bytes), /^a is damaged: its checksum is another$/);
});

Deno.test("readStoredZip() refuses two files of the same name", () => {
  const bytes = stored({ a: Uint8Array.of(1), b: Uint8Array.of(2) });
  bytes[bytes.lastIndexOf(0x62)] = 0x61;
  match(reasonOf(bytes), /^it holds a twice$/);
});

Deno.test("readStoredZip() refuses many entries for the same bytes", () => {
  const bytes = stored({ a: new Uint8Array(64) });
  const [end, length] = [bytes.length - 22, 46 + 1];
  const entry = bytes.subarray(end - length, end);
  const many = new Uint8Array(end - length + 40 * length + 22);
  many.set(bytes.subarray(0, end - length));
  for (let k = 0; k < 40; k++) {
    const at = end - length + k * length;
    many.set(entry, at);
    many[at + 46] = 0x61 + k;
  }
  many.set(bytes.subarray(end), many.length - 22);
  new DataView(many.buffer).setUint32(many.length - 10, 40 * length, true);
  match(reasonOf(many), /^its files overlap$/);
});

/** Moves the numbers of the directory's one entry and of the end into 64 bits. */
function widened(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - 22;
  const directory = end - 47;
  const entry = bytes.slice(directory, end);
  const view = new DataView(entry.buffer);
  const extra = new DataView(new ArrayBuffer(4 + 24));
  extra.setUint16(0, 1, true);
  extra.setUint16(2, 24, true);
  [24, 20, 42].forEach((place, i) => {
    extra.setBigUint64(4 + 8 * i, BigInt(view.getUint32(place, true)), true);
    view.setUint32(place, 0xffffffff, true);
  });
  view.setUint16(30, 28, true);
  const size = entry.length + 28;
  const tail = new DataView(new ArrayBuffer(56 + 20 + 22));
  tail.setUint32(0, 0x06064b50, true);
  tail.setBigUint64(40, BigInt(size), true);
  tail.setBigUint64(48, BigInt(directory), true);
  tail.setUint32(56, 0x07064b50, true);
  tail.setBigUint64(64, BigInt(directory + size), true);
  tail.setUint32(76, 0x06054b50, true);
  tail.setUint32(76 + 16, 0xffffffff, true);
  return Uint8Array.from([
    ...bytes.subarray(0, directory),
    ...entry,
    ...new Uint8Array(extra.buffer),
    ...new Uint8Array(tail.buffer),
  ]);
}

Deno.test("readStoredZip() reads lengths and places of 64 bits", () => {
  const read = readStoredZip(widened(stored({ a: Uint8Array.of(1, 2, 3) })));
  deepStrictEqual(
    read._tag === "Right" && [...read.right.get("a") ?? []],
    [1, 2, 3],
  );
});
