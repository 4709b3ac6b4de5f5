import fc from "fast-check";
import {
  deepStrictEqual,
  match,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { zipSync } from "fflate";
import type { StoredTensor } from "../../../../train/mod.ts";
import type { Weights } from "../../../../train/files/tensor_data.ts";
import { readBytes } from "../../../../train/files/byte_reading.ts";
import { torchReading } from "../../../../train/weights/torch/torch_file.ts";
import { withTorch } from "../pytorch.ts";

const GOLDEN = new URL("../../../golden/torch/", import.meta.url);

const golden = (name: string): Uint8Array<ArrayBuffer> =>
  Deno.readFileSync(new URL(name, GOLDEN));

function weightsOf(bytes: Uint8Array): Weights {
  const weights = readBytes(bytes, torchReading);
  if (weights._tag === "Left") throw new Error(weights.left);
  return weights.right;
}

const tensorsOf = (bytes: Uint8Array): ReadonlyMap<string, StoredTensor> =>
  weightsOf(bytes).tensors;

const reasonOf = (bytes: Uint8Array): string => {
  const tensors = readBytes(bytes, torchReading);
  return tensors._tag === "Left" ? tensors.left : "accepted";
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

Deno.test("torchReading() reads tensors of every kind of number, views of a storage, scalars and parameters", () => {
  const tensors = tensorsOf(golden("kinds.pth"));
  deepStrictEqual([...tensors.keys()], Object.keys(KINDS));
  for (const [name, [kind, shape, values]] of Object.entries(KINDS)) {
    const tensor = tensors.get(name);
    strictEqual(tensor?.data.constructor.name, kind, name);
    deepStrictEqual([...tensor?.shape ?? []], shape, name);
    deepStrictEqual(Array.from(tensor?.data ?? [], Number), values, name);
  }
});

Deno.test("torchReading() names the tensors of a nested state dictionary by its key and passes other values over", () => {
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

Deno.test("torchReading() keeps what trainers save beside tensors closed, by the name of what would make it", () => {
  const { tensors, unread, opaque } = weightsOf(golden("trainer.pth"));
  deepStrictEqual([...tensors.keys()], [
    ...["model.0.weight", "model.0.bias", "model.1.weight", "model.1.bias"],
    "rng",
  ]);
  deepStrictEqual([...unread], []);
  deepStrictEqual(Object.fromEntries(opaque), {
    metric: "numpy.core.multiarray.scalar",
    args: "argparse.Namespace",
    shape: "torch.Size",
    device: "torch.device",
    dtype: "torch.float32",
    classes: "__builtin__.set",
    some: "__builtin__.frozenset",
    tally: "collections.Counter",
    path: "pathlib.PurePosixPath",
    when: "datetime.datetime",
    method: "__builtin__.getattr",
    array: "numpy.core.multiarray._reconstruct",
    raw: "__builtin__.bytearray",
    range: "__builtin__.xrange",
    slice: "__builtin__.slice",
    complex: "__builtin__.complex",
  });
});

const STATE: Readonly<Record<string, readonly number[]>> = {
  "0.weight": [0, 0.25, 0.5, 0.75, 1, 1.25],
  "0.bias": [0, 0.25],
  "1.weight": [0, 0.25],
  "1.bias": [0, 0.25],
};

/** Files with the same state, how its names begin there, and what stays closed. */
const FORMS: readonly (readonly [string, string, Record<string, string>])[] = [
  ["nested.pth", "model.", {}],
  ["namespace.pth", "model.", { args: "argparse.Namespace" }],
  ["legacy.pth", "", {}],
  ["default_dict.pth", "state_dict.", {}],
  ["protocol4.pth", "ema.shadow.", { "ema.shadow": "__main__.State" }],
  ["module.pth", "", { "": "torch.nn.modules.container.Sequential" }],
];

for (const [name, prefix, closed] of FORMS) {
  Deno.test(`torchReading() reads the tensors of ${name}`, () => {
    const { tensors, opaque } = weightsOf(golden(name));
    deepStrictEqual(
      Object.fromEntries(
        [...tensors].map(([name, { data }]) => [name, [...data]]),
      ),
      Object.fromEntries(
        Object.entries(STATE).map(([name, data]) => [prefix + name, data]),
      ),
    );
    deepStrictEqual(Object.fromEntries(opaque), closed);
  });
}

/** Kinds of numbers that are not read, as `odd_kinds.pth` has them. */
const ODD_KINDS = {
  i16: "int16 [4,6]",
  i8: "int8 [4,6]",
  c64: "complex64 [4,6]",
  c128: "complex128 [4,6]",
} as const;

Deno.test("torchReading() names tensors of kinds that it does not read and reads those beside them", () => {
  const { tensors, unread } = weightsOf(golden("odd_kinds.pth"));
  deepStrictEqual([...tensors.keys()], ["f32"]);
  deepStrictEqual(Object.fromEntries(unread), {
    ...ODD_KINDS,
    sparse: "sparse_tensor",
    csr: "sparse_csr_tensor",
    quantised: "quantised_tensor",
  });
});

Deno.test("torchReading() reads views and halves of a file before 1.6 whose storages are of many kinds", () => {
  const { tensors, unread, opaque } = weightsOf(golden("legacy_trainer.pth"));
  deepStrictEqual(
    Object.fromEntries(
      [...tensors].map(([name, { data, shape }]) =>
        [name, [[...shape], [...data]]] as const
      ),
    ),
    {
      "model.f32": [[6], BASE.slice(0, 6)],
      "model.view": [[2, 3], [8, 9, 10, 14, 15, 16]],
      "model.turned": [[6, 4], BASE.map((i) => i % 4 * 6 + Math.floor(i / 4))],
      "model.whole": [[4, 6], BASE],
      "model.half": [[4, 6], BASE.map((i) => i / 8)],
    },
  );
  deepStrictEqual(
    [...unread],
    Object.entries(ODD_KINDS).map(([name, what]) => [`model.${name}`, what]),
  );
  deepStrictEqual([...opaque], [["args", "argparse.Namespace"]]);
});

Deno.test("torchReading() reads the storages of chosen tensors and no others", () => {
  const bytes = golden("nested.pth");
  const asked: number[] = [];
  const reading = torchReading(
    bytes.length,
    (shapes) => {
      deepStrictEqual(shapes.get("model.0.weight"), [2, 3]);
      return (name) => name === "model.0.bias";
    },
  );
  let next = reading.next();
  while (next.done !== true) {
    const { start, end } = next.value;
    asked.push(end - start);
    next = reading.next(bytes.subarray(start, end));
  }
  if (next.value._tag === "Left") throw new Error(next.value.left);
  const { tensors, unread } = next.value.right;
  deepStrictEqual([...tensors.keys()], ["model.0.bias"]);
  strictEqual(unread.get("model.0.weight"), "F32 [2, 3]");
  // The bias has 8 bytes, the weight 24.
  ok(asked.includes(8) && !asked.includes(24), String(asked));
});

Deno.test("torchReading() runs nothing: a call of os.system stays a name", async () => {
  const { tensors, opaque } = weightsOf(golden("command.pth"));
  strictEqual(tensors.size, 0);
  deepStrictEqual([...opaque], [["model", "posix.system"]]);
  await rejects(Deno.stat("it-was-run"), Deno.errors.NotFound);
});

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

Deno.test("torchReading() reads a pickle that was written by hand", () => {
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
  "a buffer outside of the pickle": [
    archive([0x80, 5, 0x97, 0x2e]),
    /op 0x97 at byte 2 is none that builds data/,
  ],
  "an object of a class without a name": [
    archive([0x80, 2, 0x29, 0x29, 0x81, 0x2e]),
    /something without a name is called/,
  ],
  "entries of a number": [
    archive([0x80, 2, 0x4b, 1, 0x4b, 1, 0x4b, 1, 0x73, 0x2e]),
    /entries are set in no dictionary/,
  ],
  "a state of a number": [
    archive([0x80, 2, 0x4b, 1, 0x7d, 0x62, 0x2e]),
    /something that is no object is given a state/,
  ],
  "a class with a name of many letters": [
    archive([0x80, 2, ...codes(`c${"a".repeat(1001)}\nb\n`), 0x2e]),
    /a name has 1002 letters/,
  ],
  "a pickle without an end": [archive([0x80, 2]), /the pickle ends at byte 2/],
  "an unknown protocol": [
    archive([0x80, 9]),
    /its protocol is 9, wanted 2 to 5/,
  ],
  "a pickle of something else": [
    Uint8Array.from([0x80, 2, 0x7d, 0x2e, 0, 0, 0, 0, 0]),
    /it is a pickle that torch\.save\(\) did not write/,
  ],
  "a program of TorchScript": [
    zipSync({
      "a/data.pkl": Uint8Array.from([0x80, 2, 0x7d, 0x2e]),
      "a/constants.pkl": new Uint8Array(3),
    }, { level: 0 }),
    /a program of TorchScript/,
  ],
};

for (const [what, [bytes, reason]] of Object.entries(BAD)) {
  Deno.test(`torchReading() refuses ${what}`, () => {
    match(reasonOf(bytes), reason);
  });
}

/** Dictionaries in which each holds the one before twice: 2⁶⁰ paths. */
Deno.test("torchReading() does not follow shared parts again and again", () => {
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

Deno.test("torchReading() keeps a number of any length", () => {
  const long = (bytes: number) =>
    archive([
      0x80,
      2,
      0x8b,
      bytes & 255,
      bytes >> 8,
      0,
      0,
      ...Array<number>(bytes).fill(1),
      0x2e,
    ]);
  for (const bytes of [9, 64, 65, 10_000]) {
    strictEqual(tensorsOf(long(bytes)).size, 0);
  }
});

Deno.test("torchReading() ends for a dictionary that contains itself", () => {
  // {"x": itself}, kept as 0.
  const pickle = [0x80, 2, 0x7d, 0x71, 0, 0x8c, 1, 0x78, 0x68, 0, 0x73, 0x2e];
  strictEqual(tensorsOf(archive(pickle)).size, 0);
});

Deno.test("torchReading() keeps closed what has a name that grows with each dictionary around it", () => {
  // Each level holds the one before under the same key of 200 letters.
  const key = [0x8c, 200, ...Array<number>(200).fill(0x78), 0x71, 99, 0x30];
  const level = (k: number) => [0x7d, 0x68, 99, 0x68, k, 0x73, 0x71, k + 1];
  const pickle = [0x80, 2, ...key, 0x7d, 0x71, 0];
  for (let k = 0; k < 8; k++) pickle.push(0x30, ...level(k));
  const { opaque } = weightsOf(archive([...pickle, 0x2e]));
  deepStrictEqual([...opaque.values()], ["a name of 1004 letters"]);
});

Deno.test("torchReading() refuses a file before 1.6 that is cut, grown, or says other counts", () => {
  const bytes = golden("legacy_trainer.pth");
  match(reasonOf(bytes.subarray(0, -1)), /ends before its storage/);
  match(
    reasonOf(Uint8Array.from([...bytes, 0])),
    /1 bytes follow the last storage/,
  );
  const changed = bytes.slice();
  const ends = Array.from(bytes.keys()).filter((i) => bytes[i] === 0x2e);
  // The fifth pickle ends before the count of the first storage.
  const at = ends.find((i) =>
    new DataView(bytes.buffer).getBigUint64(i + 1, true) === 6n ||
    new DataView(bytes.buffer).getBigUint64(i + 1, true) === 24n
  )!;
  changed[at + 1]! += 1;
  match(reasonOf(changed), /storage \d+ has \d+ numbers, wanted \d+/);
});

Deno.test("torchReading() refuses a file of which a byte of a tensor was changed", () => {
  const bytes = golden("kinds.pth");
  // Storages begin at multiples of 64.
  bytes[bytes.length - 64 * 20]! ^= 1;
  match(reasonOf(bytes), /is damaged|no \w+ record/);
});

Deno.test("torchReading() gives tensors or one reason, whatever bytes are changed", () => {
  const names = ["kinds", "nested", "trainer", "module", "legacy_trainer"];
  const files = names.map((name) => golden(`${name}.pth`));
  const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      (file, changes) => {
        const bytes = file.slice();
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const tensors = readBytes(bytes, torchReading);
        ok(tensors._tag === "Right" || tensors.left.length > 0);
      },
    ),
    { numRuns: 2000 },
  );
});

/** Changes where they matter: in the pickle itself, behind a sound archive. */
Deno.test("torchReading() gives tensors or one reason, whatever pickle the archive holds", () => {
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
      const tensors = readBytes(archive(pickle), torchReading);
      ok(tensors._tag === "Right" || tensors.left.length > 0);
    }),
    { numRuns: 3000 },
  );
});

withTorch(
  "torchReading() reads what this machine's PyTorch writes",
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
