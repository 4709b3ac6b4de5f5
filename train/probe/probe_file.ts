/**
 * Linear probes as files.
 *
 * @module
 */
import {
  left,
  probeShapes,
  type Result,
  right,
  type Shape,
} from "../../core/mod.ts";
import { differences } from "../differences.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type FormatError,
  type StoredTensor,
} from "../safetensors.ts";
import type { TensorSnapshot } from "../stepped_training.ts";
import type { ProbeConfig } from "./probe_config.ts";

/**
 * Bytes of a safetensors file of a probe: its tensors under the names of MAE's
 * checkpoints, with step and configuration as metadata.
 *
 * @param config The probe.
 * @param snapshot The moment.
 */
export function encodeProbe(
  config: ProbeConfig,
  { step, tensors }: TensorSnapshot,
): Uint8Array<ArrayBuffer> {
  const metadata = {
    format: "pt",
    step: String(step),
    config: JSON.stringify(config),
  };
  const stored = Object.entries(probeShapes(config)).map(([name, shape]) =>
    [name, { shape, data: tensors.get(name) ?? new Float32Array() }] as const
  );
  return encodeSafetensors({ metadata, tensors: new Map(stored) });
}

const refuse = (reason: string): Result<FormatError, never> =>
  left({ _tag: "NotSafetensors", reason });

const fits = (tensor: StoredTensor | undefined, shape: Shape): boolean =>
  tensor?.data instanceof Float32Array &&
  String(tensor.shape) === String(shape);

/** Why a file belongs to another probe, or `null`. */
function mismatch(
  config: ProbeConfig,
  found: string | undefined,
): string | null {
  try {
    const [first] = differences(JSON.parse(found ?? "null"), config);
    return first === undefined
      ? null
      : `it is of another probe: ${first.path} was ${first.a}, now ${first.b}`;
  } catch {
    return "its configuration is not JSON";
  }
}

/**
 * Reads a probe.
 *
 * @param config The probe that is to go on.
 * @param bytes The whole file.
 * @returns The moment, or why the file is refused.
 */
export function decodeProbe(
  config: ProbeConfig,
  bytes: Uint8Array,
): Result<FormatError, TensorSnapshot> {
  const file = decodeSafetensors(bytes);
  if (file._tag === "Left") return file;
  const { metadata, tensors } = file.right;
  const other = mismatch(config, metadata["config"]);
  if (other !== null) return refuse(other);
  const step = Number(metadata["step"]);
  if (!Number.isSafeInteger(step) || step < 0) {
    return refuse(`its step is ${metadata["step"]}, wanted a whole number`);
  }
  const read = new Map<string, Float32Array>();
  for (const [name, shape] of Object.entries(probeShapes(config))) {
    const tensor = tensors.get(name);
    if (!fits(tensor, shape)) {
      return refuse(`tensor ${name} is missing or not float32 [${shape}]`);
    }
    read.set(name, tensor!.data as Float32Array);
  }
  return right({ step, tensors: read });
}
