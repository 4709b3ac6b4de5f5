import {
  PROBE_RECIPE,
  type ProbeConfig,
  probePlan,
} from "../../../core/mod.ts";
import fc from "fast-check";
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  decodeSafetensors,
  encodeSafetensors,
  type FiledTraining,
  initialProbe,
  probeTask,
  readTraining,
  type Snapshot,
  type TrainingIdentity,
  trainingParts,
} from "../../../train/mod.ts";
import { decodeTraining } from "../../../train/run/training_file.ts";
import { joinedParts } from "../../../train/files/safetensors.ts";
import { right } from "../../right.ts";
import { inFolder } from "../temporary_folder.ts";

const CONFIG: ProbeConfig = { ...PROBE_RECIPE, width: 4, classes: 3 };

/** The probe of an epoch of so many steps in each of its 90 epochs. */
const probeOf = (config: ProbeConfig, steps = 1): TrainingIdentity => {
  const samples = steps * config.batchSize;
  return probeTask({ config, plan: right(probePlan(config, samples)) });
};

const encoded = (training: TrainingIdentity, filed: FiledTraining) =>
  joinedParts(trainingParts(training, filed));

const PROBE = probeOf(CONFIG);

const START: FiledTraining = { snapshot: initialProbe(CONFIG) };

const LATER = { snapshot: { ...START.snapshot, step: 12 } };

const reasonOf = (bytes: Uint8Array, training = PROBE): string => {
  const read = decodeTraining(training, bytes);
  return read._tag === "Left" ? read.left.reason : "accepted";
};

Deno.test("decodeTraining() gives back what trainingParts() wrote", () => {
  const filed = { ...LATER, note: "{“a”}" };
  deepStrictEqual(decodeTraining(PROBE, encoded(PROBE, filed)), {
    _tag: "Right",
    right: filed,
  });
});

Deno.test("decodeTraining() wants the tensors that belong to the step", () => {
  const a = { name: "a", shape: [1] };
  const b = { name: "b", shape: [1] };
  const training: TrainingIdentity = {
    ...PROBE,
    plan: { ...PROBE.plan, totalSteps: 2 },
    stateShapes: (step) => ({
      ...{ parameters: [a], statistics: [], averages: [] },
      optimizer: step === 2 ? [] : [b],
    }),
  };
  const state: Omit<Snapshot, "step"> = {
    ...{ skipped: 0, statistics: new Map(), averages: new Map() },
    parameters: new Map([["a", Float32Array.of(1)]]),
    optimizer: new Map([["b", Float32Array.of(2)]]),
  };
  for (const [step, names] of [[1, ["b"]], [2, []]] as const) {
    const snapshot = { ...state, step };
    const read = decodeTraining(training, encoded(training, { snapshot }));
    deepStrictEqual(
      read._tag === "Right" && [...read.right.snapshot.optimizer.keys()],
      names,
    );
  }
});

Deno.test("decodeTraining() refuses files of other training and what is none", () => {
  const bytes = encoded(PROBE, START);
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
    const bytes = encoded(PROBE, LATER);
    const path = `${folder}/probe.safetensors`;
    await Deno.writeFile(path, bytes);
    deepStrictEqual(await readTraining(PROBE, path), {
      _tag: "Right",
      right: LATER,
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
  const file = decodeSafetensors(encoded(PROBE, START));
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
