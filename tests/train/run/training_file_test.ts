import fc from "fast-check";
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  decodeSafetensors,
  decodeTraining,
  encodeSafetensors,
  encodeTraining,
  type FileIdentity,
  fileIdentity,
  flatSnapshot,
  initialProbe,
  PROBE_RECIPE,
  type ProbeConfig,
  probePlan,
  probeTask,
  readTraining,
} from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { inFolder } from "../temporary_folder.ts";

const CONFIG: ProbeConfig = { ...PROBE_RECIPE, width: 4, classes: 3 };

/** The probe of an epoch of so many steps in each of its 90 epochs. */
const probeOf = (config: ProbeConfig, steps = 1): FileIdentity => {
  const samples = steps * config.batchSize;
  return fileIdentity(
    probeTask({ config, plan: right(probePlan(config, samples)) }),
  );
};

const PROBE = probeOf(CONFIG);

const START = flatSnapshot(initialProbe(CONFIG));

const reasonOf = (bytes: Uint8Array, training = PROBE): string => {
  const read = decodeTraining(training, bytes);
  return read._tag === "Left" ? read.left.reason : "accepted";
};

Deno.test("decodeTraining() gives back what encodeTraining() wrote", () => {
  const snapshot = { ...START, step: 12, note: "{“a”}" };
  const bytes = encodeTraining(PROBE, snapshot);
  deepStrictEqual(decodeTraining(PROBE, bytes), {
    _tag: "Right",
    right: snapshot,
  });
});

Deno.test("decodeTraining() wants the tensors that belong to the step", () => {
  const training: FileIdentity = {
    config: null,
    totalSteps: 2,
    shapesAt: (step) => step === 2 ? { a: [1] } : { a: [1], b: [1] },
  };
  const tensors = new Map([["a", Float32Array.of(1)], [
    "b",
    Float32Array.of(2),
  ]]);
  for (const [step, names] of [[1, ["a", "b"]], [2, ["a"]]] as const) {
    const read = decodeTraining(
      training,
      encodeTraining(training, { step, tensors }),
    );
    deepStrictEqual(
      read._tag === "Right" && [...read.right.tensors.keys()],
      names,
    );
  }
});

Deno.test("decodeTraining() refuses files of other training and what is none", () => {
  const bytes = encodeTraining(PROBE, START);
  strictEqual(
    reasonOf(bytes, probeOf({ ...CONFIG, seed: 1 })),
    "it is of other training: seed was 0, now 1",
  );
  match(
    reasonOf(bytes, probeOf(CONFIG, 2)),
    /its training has 90 steps, this one 180/,
  );
  match(reasonOf(bytes.subarray(0, 30)), /header claims/);
  const file = decodeSafetensors(bytes);
  if (file._tag === "Left") throw new Error(file.left.reason);
  const { metadata, tensors } = file.right;
  const changed = (over: Partial<typeof file.right>) =>
    reasonOf(encodeSafetensors({ metadata, tensors, ...over }));
  match(changed({ metadata: {} }), /it is of other training/);
  match(changed({ metadata: { ...metadata, config: "{" } }), /not JSON/);
  match(changed({ metadata: { ...metadata, step: "x" } }), /its step is x/);
  match(
    changed({ metadata: { ...metadata, step: "91" } }),
    /its step is 91, wanted 0 to 90/,
  );
  match(
    changed({ tensors: new Map([...tensors].slice(1)) }),
    /tensor head\.1\.weight is missing or not finite/,
  );
  const bad = { shape: [3, 4], data: new Float32Array(12).fill(NaN) };
  match(
    changed({ tensors: new Map(tensors).set("head.1.weight", bad) }),
    /not finite/,
  );
});

Deno.test("decodeTraining() and readTraining() refuse a file of which a bit was changed", () =>
  inFolder(async (folder) => {
    const snapshot = { ...START, step: 12 };
    const bytes = encodeTraining(PROBE, snapshot);
    const path = `${folder}/probe.safetensors`;
    await Deno.writeFile(path, bytes);
    deepStrictEqual(await readTraining(PROBE, path), {
      _tag: "Right",
      right: snapshot,
    });
    const flip = fc.tuple(fc.nat(bytes.length - 1), fc.nat(7));
    await fc.assert(
      fc.asyncProperty(flip, async ([at, bit]) => {
        const harmed = bytes.with(at, bytes[at]! ^ (1 << bit));
        await Deno.writeFile(path, harmed);
        strictEqual((await readTraining(PROBE, path))._tag, "Left", `${at}`);
        strictEqual(decodeTraining(PROBE, harmed)._tag, "Left", `${at}`);
      }),
      { numRuns: 300 },
    );
    match(
      reasonOf(bytes.with(-1, bytes.at(-1)! ^ 1)),
      /its SHA-512 begins .*: it is not as it was written/,
    );
  }));

Deno.test("decodeTraining() reads files of before there were digests, and wants the digest of later ones", () => {
  const file = decodeSafetensors(encodeTraining(PROBE, START));
  if (file._tag === "Left") throw new Error(file.left.reason);
  const { metadata, tensors } = file.right;
  const { version: _, "vitfreeze.sha512": seal, ...first } = metadata;
  match(seal ?? "", /^[0-9a-f]{128}$/);
  const reason = (over: Record<string, string>) =>
    reasonOf(encodeSafetensors({ metadata: { ...first, ...over }, tensors }));
  strictEqual(reason({}), "accepted");
  match(reason({ version: "2" }), /it lacks its digest/);
  match(reason({ version: "3" }), /its version is 3, wanted 2/);
});
