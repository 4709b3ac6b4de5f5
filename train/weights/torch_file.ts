/**
 * PyTorch's checkpoint files.
 *
 * @module
 */
import { left, type Result } from "../../core/mod.ts";
import type { StoredTensor } from "../safetensors.ts";
import { readPickle } from "./pickle.ts";
import { readStoredZip } from "./stored_zip.ts";
import { TORCH_RULES, torchTensors } from "./torch_tensors.ts";

/** Why bytes are not a PyTorch file that can be read. */
export interface TorchFormatError {
  /** Discriminant. */
  readonly _tag: "NotTorch";
  /** What was found and what is wanted. */
  readonly reason: string;
}

const refuse = (reason: string): Result<TorchFormatError, never> =>
  left({ _tag: "NotTorch", reason });

/** Whether bytes begin like a zip archive, as files of PyTorch 1.6 and later do. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/**
 * Reads a file that `torch.save` wrote: a state dictionary, or a dictionary of
 * state dictionaries, whose names then begin with their key, as in
 * `model.blocks.0.norm1.weight`. What is no tensor is passed over.
 *
 * Nothing in the file is run. It may hold tensors, numbers, texts, lists and
 * dictionaries; any other class or function in it is refused by its name.
 * Half-precision numbers become `float32`, which holds them exactly.
 *
 * @param bytes The whole file, of PyTorch 1.6 or later.
 * @returns Tensors by name, or why the file cannot be trusted; never a part of it.
 */
export function decodeTorchFile(
  bytes: Uint8Array,
): Result<TorchFormatError, ReadonlyMap<string, StoredTensor>> {
  if (!isZip(bytes)) {
    return refuse(
      "it is no zip archive; a file of PyTorch before 1.6 has to be loaded and saved again",
    );
  }
  const zip = readStoredZip(bytes);
  if (zip._tag === "Left") {
    return refuse(`the archive cannot be read: ${zip.left}`);
  }
  const files = zip.right;
  const pickle = [...files.keys()].find((name) =>
    /^[^/]*\/data\.pkl$/.test(name)
  );
  if (pickle === undefined) return refuse("the archive holds no data.pkl");
  const root = pickle.slice(0, -"data.pkl".length);
  const order = files.get(`${root}byteorder`);
  if (order !== undefined && new TextDecoder().decode(order) !== "little") {
    return refuse("its numbers are not little-endian");
  }
  const value = readPickle(TORCH_RULES, files.get(pickle)!);
  if (value._tag === "Left") return refuse(`data.pkl: ${value.left}`);
  const tensors = torchTensors(
    (key) => files.get(`${root}data/${key}`),
    bytes.length,
    value.right,
  );
  return tensors._tag === "Left" ? refuse(tensors.left) : tensors;
}
