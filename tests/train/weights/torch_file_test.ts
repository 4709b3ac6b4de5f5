import fc from "fast-check";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { zipSync } from "fflate";
import { decodeTorchFile } from "../../../train/mod.ts";
import type { StoredTensor } from "../../../train/mod.ts";
import { withTorch } from "./pytorch.ts";

const GOLDEN = new URL("../../golden/torch/", import.meta.url);

const golden = (name: string): Uint8Array<ArrayBuffer> =>
  Deno.readFileSync(new URL(name, GOLDEN));

function tensorsOf(bytes: Uint8Array): ReadonlyMap<string, StoredTensor> {
  const tensors = decodeTorchFile(bytes);
  if (tensors._tag === "Left") throw new Error(tensors.left.reason);
  return tensors.right;
}

const reasonOf = (bytes: Uint8Array): string => {
  const tensors = decodeTorchFile(bytes);
  return tensors._tag === "Left" ? tensors.left.reason : "accepted";
};

const BASE = Array.from({ length: 24 }, (_, i) => i);

/** What `tests/golden/torch/make.py` put into `kinds.pth`. */
const KINDS: Readonly<Record<string, readonly [string, number[], number[]]>> = {
  f32: ["Float32Array", [4, 6], BASE],
  f64: ["Float64Array", [4, 6], BASE.map((i) => i / 3)],
  f16: ["Float32Array", [4, 6], BASE.map((i) => i / 8)],
  bf16: ["Float32Array", [4, 6], BASE],
  i64: ["BigInt64Array", [4, 6], BASE.map((i) => i - 5)],
  i32: ["Int32Array", [4, 6], BASE],
  u8: ["Uint8Array", [4, 6], BASE],
  bool: ["Uint8Array", [4, 6], BASE.map((i) => i > 11 ? 1 : 0)],
  transposed: [
    "Float32Array",
    [6, 4],
    BASE.map((i) => i % 4 * 6 + Math.floor(i / 4)),
  ],
  row: ["Float32Array", [6], [12, 13, 14, 15, 16, 17]],
  column: ["Float32Array", [4], [1, 7, 13, 19]],
  block: ["Float32Array", [2, 3], [8, 9, 10, 14, 15, 16]],
  scalar: ["Float32Array", [], [2.5]],
  empty: ["Float32Array", [0, 3], []],
  parameter: ["Float32Array", [2], [1, 1]],
};

Deno.test("decodeTorchFile() reads tensors of every kind of number, views of a storage, scalars and parameters", () => {
  const tensors = tensorsOf(golden("kinds.pth"));
  deepStrictEqual([...tensors.keys()], Object.keys(KINDS));
  for (const [name, [kind, shape, values]] of Object.entries(KINDS)) {
    const tensor = tensors.get(name);
    strictEqual(tensor?.data.constructor.name, kind, name);
    deepStrictEqual([...tensor?.shape ?? []], shape, name);
    deepStrictEqual(Array.from(tensor?.data ?? [], Number), values, name);
  }
});

Deno.test("decodeTorchFile() names the tensors of a nested state dictionary by its key and passes other values over", () => {
  const tensors = tensorsOf(golden("nested.pth"));
  deepStrictEqual(
    [...tensors].map(([name, { shape }]) => [name, [...shape]]),
    [
      ["model.0.weight", [2, 3]],
      ["model.0.bias", [2]],
      ["model.1.weight", [2]],
      ["model.1.bias", [2]],
    ],
  );
});

const REFUSED: Readonly<Record<string, RegExp>> = {
  "command.pth":
    /data\.pkl: it asks for posix\.system, which is no part of a tensor/,
  "namespace.pth": /it asks for argparse\.Namespace/,
  "legacy.pth": /no zip archive; a file of PyTorch before 1\.6/,
};

for (const [name, reason] of Object.entries(REFUSED)) {
  Deno.test(`decodeTorchFile() refuses ${name} and says why`, () => {
    match(reasonOf(golden(name)), reason);
  });
}

/** An archive with this pickle and storage `0` of so many bytes. */
const archive = (pickle: readonly number[], storage = 8): Uint8Array =>
  zipSync({
    "a/data.pkl": Uint8Array.from(pickle),
    "a/data/0": new Uint8Array(storage),
  }, { level: 0 });

const codes = (text: string): number[] =>
  Array.from(text, (letter) => letter.charCodeAt(0));

/** A dictionary with a tensor `x` on storage 0 of 2 floats with this shape and these strides. */
function viewPickle(shape: number[], strides: number[], offset = 0): number[] {
  const unicode = (
    text: string,
  ) => [0x58, text.length, 0, 0, 0, ...codes(text)];
  const tuple = (
    items: number[],
  ) => [0x28, ...items.flatMap((n) => [0x4b, n]), 0x74];
  return [
    ...[0x80, 2, 0x7d, ...unicode("x")],
    ...codes("ctorch._utils\n_rebuild_tensor_v2\n"),
    ...[0x28, 0x28, ...unicode("storage"), ...codes("ctorch\nFloatStorage\n")],
    ...[...unicode("0"), ...unicode("cpu"), 0x4b, 2, 0x74, 0x51],
    ...[
      0x4b,
      offset,
      ...tuple(shape),
      ...tuple(strides),
      0x89,
      0x7d,
      0x74,
      0x52,
    ],
    ...[0x73, 0x2e],
  ];
}

Deno.test("decodeTorchFile() reads a pickle that was written by hand", () => {
  const tensors = tensorsOf(archive(viewPickle([2], [1])));
  deepStrictEqual([...tensors.keys()], ["x"]);
});

const BAD: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
  "a view beyond its storage": [
    archive(viewPickle([2], [2])),
    /tensor x \[2\] reaches beyond its storage of 2 numbers/,
  ],
  "an offset beyond the storage": [
    archive(viewPickle([1], [1], 2)),
    /tensor x \[1\] reaches beyond/,
  ],
  "a view that repeats its storage": [
    archive(viewPickle([200, 200], [0, 0])),
    /reaches beyond its storage/,
  ],
  "a storage of another size": [
    archive(viewPickle([2], [1]), 12),
    /tensor x is of storage 0, which has 12 bytes, wanted 8/,
  ],
  "a tensor without axes that fit its strides": [
    archive(viewPickle([2], [1, 1])),
    /tensor x has no offset, shape and strides/,
  ],
  "a compressed archive": [
    zipSync({ "a/data.pkl": new Uint8Array(1000) }, { level: 9 }),
    /a\/data\.pkl is compressed/,
  ],
  "an archive of something else": [
    zipSync({ "readme": new Uint8Array(3) }, { level: 0 }),
    /holds no data\.pkl/,
  ],
  "an op that makes objects": [
    archive([0x80, 2, 0x29, 0x29, 0x81, 0x2e]),
    /op 0x81 at byte 4 builds no tensors or plain containers/,
  ],
  "a pickle without an end": [archive([0x80, 2]), /the pickle ends at byte 2/],
  "an unknown protocol": [
    archive([0x80, 9]),
    /its protocol is 9, wanted 2 to 5/,
  ],
  "a number of many bytes": [
    archive([0x80, 2, 0x8a, 9, ...Array<number>(9).fill(1), 0x2e]),
    /a number has 9 bytes/,
  ],
};

for (const [what, [bytes, reason]] of Object.entries(BAD)) {
  Deno.test(`decodeTorchFile() refuses ${what}`, () => {
    match(reasonOf(bytes), reason);
  });
}

/** Dictionaries in which each holds the one before twice: 2⁶⁰ paths. */
Deno.test("decodeTorchFile() does not follow shared parts again and again", () => {
  const level = (
    k: number,
  ): number[] => [
    0x7d,
    0x28,
    0x4b,
    1,
    0x68,
    k,
    0x4b,
    2,
    0x68,
    k,
    0x75,
    0x71,
    k + 1,
  ];
  const pickle = [
    0x80,
    2,
    0x7d,
    0x71,
    0,
    ...Array.from({ length: 60 }, (_, k) => level(k)).flat(),
    0x2e,
  ];
  // Values below the last one are left on the stack.
  match(reasonOf(archive(pickle)), /does not end with one value/);
  const kept = [
    0x80,
    2,
    0x7d,
    0x71,
    0,
    ...Array.from({ length: 60 }, (_, k) => [0x30, ...level(k)]).flat(),
    0x2e,
  ];
  strictEqual(tensorsOf(archive(kept)).size, 0);
});

Deno.test("decodeTorchFile() refuses a file of which a byte of a tensor was changed", () => {
  const bytes = golden("kinds.pth");
  // Storages begin at multiples of 64.
  bytes[bytes.length - 64 * 20]! ^= 1;
  match(reasonOf(bytes), /is damaged|no \w+ record/);
});

Deno.test("decodeTorchFile() gives tensors or one reason, whatever bytes are changed", () => {
  const files = ["kinds.pth", "nested.pth"].map(golden);
  const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      (file, changes) => {
        const bytes = file.slice();
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const tensors = decodeTorchFile(bytes);
        ok(tensors._tag === "Right" || tensors.left.reason.length > 0);
      },
    ),
    { numRuns: 2000 },
  );
});

/** Changes where they matter: in the pickle itself, behind a sound archive. */
Deno.test("decodeTorchFile() gives tensors or one reason, whatever pickle the archive holds", () => {
  const sound = viewPickle([1, 2], [2, 1]);
  const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
  const pickles = fc.oneof(
    fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
      const pickle = sound.slice();
      for (const [at, value] of changes) pickle[at % pickle.length] = value;
      return pickle;
    }),
    fc.array(fc.nat({ max: 255 }), { maxLength: 40 }),
    fc.nat({ max: sound.length }).map((end) => sound.slice(0, end)),
  );
  fc.assert(
    fc.property(pickles, (pickle) => {
      const tensors = decodeTorchFile(archive(pickle));
      ok(tensors._tag === "Right" || tensors.left.reason.length > 0);
    }),
    { numRuns: 3000 },
  );
});

withTorch(
  "decodeTorchFile() reads what this machine's PyTorch writes",
  async (run) => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/state.pth`;
    const script = `
import json, sys, torch
torch.manual_seed(3)
model = torch.nn.TransformerEncoderLayer(8, 2, 16)
state = model.state_dict()
torch.save({"state_dict": state, "epoch": 1}, sys.argv[1])
print(json.dumps({"state_dict." + k: [list(v.shape), v.reshape(-1).tolist()] for k, v in state.items()}))
`;
    const wanted = JSON.parse(await run(script, path)) as Readonly<
      Record<string, readonly [number[], number[]]>
    >;
    const tensors = tensorsOf(await Deno.readFile(path));
    deepStrictEqual([...tensors.keys()], Object.keys(wanted));
    for (const [name, [shape, values]] of Object.entries(wanted)) {
      deepStrictEqual([...tensors.get(name)?.shape ?? []], shape);
      deepStrictEqual(
        Array.from(tensors.get(name)?.data ?? [], Number),
        values,
      );
    }
    await Deno.remove(folder, { recursive: true });
  },
);
