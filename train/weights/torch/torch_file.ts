/** PyTorch's checkpoint files. */
import { excerpt, left, type Result, right } from "../../../core/mod.ts";
import type { Reading } from "../../files/byte_reading.ts";
import {
  ALL_TENSORS,
  type ChooseTensors,
  type Weights,
} from "../../files/tensor_data.ts";
import { legacyTorchReading } from "./legacy_torch_file.ts";
import { readPickle } from "./pickle.ts";
import type { PickleValue } from "./pickle_machine.ts";
import {
  zipContentReading,
  zipEntriesReading,
  type ZipEntry,
} from "./stored_zip.ts";
import { torchWeightsReading } from "./torch_tensors.ts";

/** True if bytes begin like a zip archive, as files of PyTorch 1.6 and later do. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/** Files of an archive, each read when it is asked for. */
interface Archive {
  readonly size: number;
  readonly entries: ReadonlyMap<string, ZipEntry>;
}

/** Contents by name of those files of an archive that are in it. */
function* readContents(
  { size, entries }: Archive,
  names: Iterable<string>,
): Reading<Result<string, ReadonlyMap<string, Uint8Array>>> {
  const contents = new Map<string, Uint8Array>();
  for (const name of names) {
    const entry = entries.get(name);
    if (entry === undefined) continue;
    const content = yield* zipContentReading(size, entry);
    if (content._tag === "Left") return content;
    contents.set(name, content.right);
  }
  return right(contents);
}

const damage = (reason: string): string =>
  `the archive cannot be read: ${reason}`;

/** The value of the pickle at this path. */
function* readValue(
  archive: Archive,
  root: string,
): Reading<Result<string, PickleValue>> {
  const [pickle, order] = [`${root}data.pkl`, `${root}byteorder`];
  const files = yield* readContents(archive, [pickle, order]);
  if (files._tag === "Left") return left(damage(files.left));
  const told = files.right.get(order);
  if (told !== undefined && new TextDecoder().decode(told) !== "little") {
    return left("its numbers are not little-endian");
  }
  const read = readPickle(files.right.get(pickle)!);
  return read._tag === "Left"
    ? left(`data.pkl: ${read.left}`)
    : right(read.right.value);
}

/** Content of an archive whose files are under this path. */
function* readArchive(
  archive: Archive,
  root: string,
  choose: ChooseTensors,
): Reading<Result<string, Weights>> {
  const value = yield* readValue(archive, root);
  if (value._tag === "Left") return value;
  const place = `${root}data/`;
  return yield* torchWeightsReading(
    value.right,
    archive.size,
    choose,
    function* (keys) {
      const names = [...keys].map((key) => place + key);
      const read = yield* readContents(archive, names);
      return read._tag === "Left" ? left(damage(read.left)) : right(
        new Map(
          [...read.right].map(([name, x]) => [name.slice(place.length), x]),
        ),
      );
    },
  );
}

const NO_PICKLE =
  "holds no data.pkl, as torch.save() writes it: weights in an archive have to be unpacked";

/** Programs of TorchScript are archives of the same kind. */
const isProgram = (entries: ReadonlyMap<string, ZipEntry>): boolean =>
  [...entries.keys()].some((name) => /^[^/]*\/constants\.pkl$/.test(name));

/**
 * Reads a file that `torch.save` wrote, in either of its formats: a state dictionary,
 * or dictionaries of state dictionaries, whose names then begin with the keys that
 * lead to them, as in `model.blocks.0.norm1.weight`. Objects beside them, such as
 * arguments of a training, stay closed; kinds of numbers that are not read here and
 * numbers and texts are passed over.
 *
 * Nothing in the file is imported or run. Half-precision numbers become `float32`,
 * which holds them exactly. The file is read by ranges: what it lists, its pickle, and
 * the storages of those tensors that are chosen.
 *
 * @returns The content, or why the file cannot be trusted; never a part of it.
 */
export function* torchReading(
  size: number,
  choose: ChooseTensors = ALL_TENSORS,
): Reading<Result<string, Weights>> {
  if (!isZip(yield { start: 0, end: Math.min(size, 2) })) {
    return yield* legacyTorchReading(size, choose);
  }
  const entries = yield* zipEntriesReading(size);
  if (entries._tag === "Left") return left(damage(entries.left));
  const pickle = [...entries.right.keys()].find((name) =>
    /^[^/]*\/data\.pkl$/.test(name)
  );
  if (pickle === undefined) {
    const held = excerpt([...entries.right.keys()].join(", "));
    return left(
      `it is a zip archive of ${held || "nothing"}; it ${NO_PICKLE}`,
    );
  }
  if (isProgram(entries.right)) {
    return left(
      "it is a program of TorchScript, wanted the tensors alone: save its state_dict()",
    );
  }
  const root = pickle.slice(0, -"data.pkl".length);
  return yield* readArchive({ size, entries: entries.right }, root, choose);
}
