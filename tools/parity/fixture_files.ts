/** Reading the files of a fixture folder. */
import {
  describeFaults,
  type Faults,
  type Result,
  type Shape,
} from "../../core/mod.ts";
import {
  decodeSafetensors,
  type TensorFile,
} from "../../train/files/safetensors.ts";

/** Fault of one file, or of the folder. */
export interface FixtureError {
  /** Path of the file or folder. */
  readonly path: string;
  /** Found and wanted values. */
  readonly reason: string;
}

/** Contents and faults of a file; a faulty file reads as `null`. */
export interface Reading<A> {
  /** Contents. */
  readonly value: A | null;
  /** Faults. */
  readonly errors: readonly FixtureError[];
}

const wrong = <A>(path: string, reason: string): Reading<A> => ({
  value: null,
  errors: [{ path, reason }],
});

/** Requirements on a file. */
export interface Wanted {
  /** Names and shapes of tensors. */
  readonly tensors: ReadonlyMap<string, Shape>;
  /** True if it may hold no others. */
  readonly noOthers: boolean;
}

/** The folder itself. */
export function readFolder(path: string): Reading<true> {
  try {
    return Deno.statSync(path).isDirectory
      ? { value: true, errors: [] }
      : wrong(path, "it is not a folder");
  } catch (error) {
    return wrong(path, reasonOf(error));
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Deno.errors.NotFound
    ? "it does not exist"
    : error instanceof Error
    ? error.message
    : String(error);

function readBytes(path: string): Reading<Uint8Array> {
  try {
    return { value: Deno.readFileSync(path), errors: [] };
  } catch (error) {
    return wrong(path, reasonOf(error));
  }
}

/** A JSON file, decoded. */
export function readJson<A>(
  path: string,
  decode: (json: unknown) => Result<Faults, A>,
): Reading<A> {
  const { value: bytes, errors } = readBytes(path);
  if (bytes === null) return { value: null, errors };
  try {
    const decoded = decode(JSON.parse(new TextDecoder().decode(bytes)));
    return decoded._tag === "Right"
      ? { value: decoded.right, errors: [] }
      : wrong(path, describeFaults(decoded.left));
  } catch (error) {
    return wrong(path, `it is not JSON: ${reasonOf(error)}`);
  }
}

const show = (shape: Shape | undefined): string =>
  shape === undefined ? "nothing" : `[${shape.join(", ")}]`;

/** Tensors that a file lacks, has in the wrong shape, or has in excess. */
function tensorFaults(
  { tensors }: TensorFile,
  wanted: Wanted,
): readonly string[] {
  const others = wanted.noOthers
    ? [...tensors.keys()].filter((name) => !wanted.tensors.has(name))
    : [];
  const shapes = [...wanted.tensors, ...others.map((name) => [name] as const)];
  return shapes.flatMap(([name, shape]) => {
    const [a, b] = [show(tensors.get(name)?.shape), show(shape)];
    return a === b ? [] : [`tensor ${name}: found ${a}, wanted ${b}`];
  });
}

/**
 * A safetensors file with the wanted tensors.
 *
 * @param path The file.
 * @param wantedOf Wanted contents, which may depend on its metadata.
 */
export function readTensors(
  path: string,
  wantedOf: (file: TensorFile) => Wanted,
): Reading<TensorFile> {
  const { value: bytes, errors } = readBytes(path);
  if (bytes === null) return { value: null, errors };
  const file = decodeSafetensors(bytes);
  if (file._tag === "Left") return wrong(path, file.left.reason);
  const faults = tensorFaults(file.right, wantedOf(file.right));
  return faults.length === 0
    ? { value: file.right, errors: [] }
    : wrong(path, faults.join("\n"));
}
