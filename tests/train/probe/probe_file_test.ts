import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  decodeProbe,
  decodeSafetensors,
  encodeProbe,
  encodeSafetensors,
  initialProbe,
  PROBE_RECIPE,
  type ProbeConfig,
} from "../../../train/mod.ts";

const CONFIG: ProbeConfig = { ...PROBE_RECIPE, width: 4, classes: 3 };

const reasonOf = (bytes: Uint8Array, config = CONFIG): string => {
  const probe = decodeProbe(config, bytes);
  return probe._tag === "Left" ? probe.left.reason : "accepted";
};

Deno.test("decodeProbe() gives back what encodeProbe() wrote", () => {
  const snapshot = { ...initialProbe(CONFIG), step: 12 };
  deepStrictEqual(decodeProbe(CONFIG, encodeProbe(CONFIG, snapshot)), {
    _tag: "Right",
    right: snapshot,
  });
});

Deno.test("decodeProbe() refuses files of other probes and what is no probe", () => {
  const bytes = encodeProbe(CONFIG, initialProbe(CONFIG));
  strictEqual(
    reasonOf(bytes, { ...CONFIG, seed: 1 }),
    "it is of another probe: seed was 0, now 1",
  );
  match(reasonOf(bytes.subarray(0, 30)), /header claims/);
  const file = decodeSafetensors(bytes);
  if (file._tag === "Left") throw new Error(file.left.reason);
  const { metadata, tensors } = file.right;
  const changed = (over: Partial<typeof file.right>) =>
    reasonOf(encodeSafetensors({ metadata, tensors, ...over }));
  match(changed({ metadata: {} }), /it is of another probe/);
  match(changed({ metadata: { ...metadata, config: "{" } }), /not JSON/);
  match(changed({ metadata: { ...metadata, step: "x" } }), /its step is x/);
  match(
    changed({ tensors: new Map([...tensors].slice(1)) }),
    /tensor head\.1\.weight is missing/,
  );
});
