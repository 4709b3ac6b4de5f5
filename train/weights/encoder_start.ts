/**
 * Encoders that were trained elsewhere.
 *
 * @module
 */
import {
  type Fault,
  type Faults,
  gridSize,
  initialValues,
  type Key,
  left,
  type ModelSpec,
  type ParameterSpec,
  parameterSpecs,
  type PositionResampling,
  resamplePositions,
  type Result,
  right,
  rootKey,
  sinCosPositions,
  split,
} from "../../core/mod.ts";
import { POSITION_TABLE } from "../features.ts";
import type { StoredTensor } from "../safetensors.ts";
import type { HostTensors } from "../snapshot.ts";
import { encoderPrefix } from "./encoder_prefix.ts";

/** Where the positions of a loaded encoder come from. */
export interface LoadedPositions {
  /** Patches along one side of the table in the file; `null` if it has none and the fixed one is taken. */
  readonly grid: number | null;
  /** Whether it had a row for the class token. */
  readonly classToken: boolean;
  /** Largest difference from the fixed table of the model's own grid. */
  readonly offFixed: number;
}

/** What became of the tensors of a file. */
export interface EncoderReport {
  /** What stood before the encoder's names, for example `module.`. */
  readonly prefix: string;
  /** Tensors of the file that are used, by their names in it. */
  readonly used: readonly string[];
  /** Parameters of the encoder that the file has not; they keep their first values. */
  readonly missing: readonly string[];
  /** Tensors of the file that are no part of the encoder. */
  readonly leftOver: readonly string[];
  /** Its position table. */
  readonly positions: LoadedPositions;
}

/** An encoder as a file has it. */
export interface EncoderStart {
  /** All its parameters under the model's names, and its position table `pos_embed`. */
  readonly parameters: HostTensors;
  /** What became of the tensors of the file. */
  readonly report: EncoderReport;
}

/** How a file is read as an encoder. */
export interface EncoderStartOptions {
  /** What stands before the encoder's names; found out when left out. */
  readonly prefix?: string;
  /** How positions are brought to another grid; `mae` when left out. */
  readonly resampling?: PositionResampling;
  /** Where first values of what is missing come from; seed 0 when left out. */
  readonly key?: Key;
}

/** Tensors of a file by their names in it. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** Parts of a Vision Transformer that this encoder has not; without them it would be another function. */
const FOREIGN =
  /^(blocks\.|patch_embed\.|norm_pre\.|dist_token$|reg_token$|rope)/;

const fault = (path: string, found: unknown, wanted: string): Fault => ({
  _tag: "Inconsistent",
  path,
  found,
  wanted,
});

/** Parameters of the encoder: everything before the decoders, and the norms of its taps. */
export function encoderParameters(
  model: ModelSpec,
): readonly ParameterSpec[] {
  return parameterSpecs(model).filter(({ name, owner }) =>
    owner._tag !== "Stage" || name.startsWith("norm.")
  );
}

/** Names that a parameter goes by, the first one found counts: timm's last norm is that of the last tap. */
function namesOf({ stages }: ModelSpec, name: string): readonly string[] {
  const last = `norm.${stages.length - 1}.`;
  return name.startsWith(last)
    ? [name, `norm.${name.slice(last.length)}`]
    : [name];
}

const show = (tensor: StoredTensor): string =>
  `${tensor.data.constructor.name.replace("Array", "").toLowerCase()} [${
    tensor.shape.join(", ")
  }]`;

/** Numbers of a tensor if it is real, finite and of the wanted shape. */
function wantedNumbers(
  path: string,
  tensor: StoredTensor,
  shape: readonly number[],
): Result<Fault, Float32Array> {
  const { data } = tensor;
  const isReal = data instanceof Float32Array || data instanceof Float64Array;
  if (!isReal || String(tensor.shape) !== String(shape)) {
    return left(fault(path, show(tensor), `float32 [${shape.join(", ")}]`));
  }
  // Finite numbers of 64 bits may be none of 32.
  const numbers = data instanceof Float32Array ? data : new Float32Array(data);
  return numbers.every(Number.isFinite)
    ? right(numbers)
    : left(fault(path, "a number that is not finite", "finite numbers"));
}

/** A file's position table. */
interface StoredTable {
  /** Its numbers, the class row first if it has one. */
  readonly numbers: Float32Array;
  /** Patches along one side. */
  readonly grid: number;
  /** Rows of the class token: 0 or 1. */
  readonly classRows: number;
}

function storedTable(
  { embedDim }: ModelSpec,
  tensor: StoredTensor,
): Result<Fault, StoredTable> {
  const rows = tensor.shape.at(-2) ?? 0;
  const grid = Math.floor(Math.sqrt(rows));
  const classRows = rows - grid ** 2;
  const numbers = wantedNumbers(POSITION_TABLE, tensor, [1, rows, embedDim]);
  if (numbers._tag === "Left") return numbers;
  const wanted = "as many rows as a square grid has, or one more";
  return grid < 1 || classRows > 1
    ? left(fault(POSITION_TABLE, `${rows} rows`, wanted))
    : right({ numbers: numbers.right, grid, classRows });
}

/** A table of the model's grid, its class row first. */
function tableOf(
  model: ModelSpec,
  method: PositionResampling,
  { numbers, grid, classRows }: StoredTable,
): readonly [Float32Array, LoadedPositions] {
  const [D, G] = [model.embedDim, gridSize(model)];
  const patches = numbers.subarray(classRows * D);
  const table = new Float32Array((1 + G ** 2) * D);
  table.set(numbers.subarray(0, classRows * D));
  table.set(resamplePositions(method, G, patches, grid), D);
  const classToken = classRows === 1;
  const offFixed = offFrom(sinCosPositions(D, G), table);
  return [table, { grid, classToken, offFixed }];
}

const offFrom = (fixed: readonly number[], table: Float32Array): number =>
  fixed.reduce(
    (most, wanted, i) => Math.max(most, Math.abs(wanted - (table[i] ?? NaN))),
    0,
  );

/** The file's table, or the fixed one if it has none. */
function positionsOf(
  model: ModelSpec,
  method: PositionResampling,
  table: StoredTable | null,
): readonly [Float32Array, LoadedPositions] {
  if (table !== null) return tableOf(model, method, table);
  const fixed = sinCosPositions(model.embedDim, gridSize(model));
  const none = { grid: null, classToken: false, offFixed: 0 };
  return [Float32Array.from(fixed), none];
}

/** What was found of the parameters. */
interface Found {
  readonly parameters: Map<string, Float32Array>;
  readonly used: string[];
  /** Those that are missing and may be. */
  readonly missing: string[];
  readonly faults: Fault[];
}

const isOptional = (name: string): boolean =>
  name === "cls_token" || name.startsWith("norm.");

function findParameters(
  model: ModelSpec,
  prefix: string,
  tensors: StoredTensors,
): Found {
  const found: Found = {
    parameters: new Map(),
    used: [],
    missing: [],
    faults: [],
  };
  for (const { name, shape } of encoderParameters(model)) {
    const own = namesOf(model, name).map((known) => prefix + known)
      .find((known) => tensors.has(known));
    if (own === undefined) {
      const wanted = `float32 [${shape.join(", ")}]`;
      if (isOptional(name)) found.missing.push(name);
      else found.faults.push(fault(prefix + name, undefined, wanted));
      continue;
    }
    const numbers = wantedNumbers(own, tensors.get(own)!, shape);
    if (numbers._tag === "Left") found.faults.push(numbers.left);
    else found.parameters.set(name, numbers.right);
    found.used.push(own);
  }
  return found;
}

/** Parts of the file's model that this one has not. */
const foreignParts = (
  prefix: string,
  leftOver: readonly string[],
): readonly Fault[] =>
  leftOver.filter((name) =>
    name.startsWith(prefix) && FOREIGN.test(name.slice(prefix.length))
  ).map((name) =>
    fault(name, "a part that this encoder has not", "the same encoder")
  );

const without = (
  names: readonly string[],
  taken: readonly string[],
): readonly string[] => {
  const set = new Set(taken);
  return names.filter((name) => !set.has(name));
};

/**
 * Reads the encoder out of the tensors of a file with timm's names, which MAE and
 * LocalMIM share. Positions of another grid are interpolated; `norm.weight` of a
 * model with one last norm becomes the norm of the last tap.
 *
 * Class token and norms may be missing. The file is refused if another parameter
 * is, if one has another shape or is not finite, or if its model has parts that
 * this one has not, so that it would compute something else. Numbers of `float32`
 * are not copied.
 *
 * @param model Sizes of the encoder.
 * @param tensors Tensors by their names in the file.
 * @param options Prefix and interpolation.
 * @returns The encoder with a report of what was used, missing and left over, or
 * all that is wrong.
 */
export function encoderStart(
  model: ModelSpec,
  tensors: StoredTensors,
  options: EncoderStartOptions = {},
): Result<Faults, EncoderStart> {
  const { prefix: asked, resampling = "mae", key = rootKey(0) } = options;
  const prefix = encoderPrefix([...tensors.keys()], asked);
  if (prefix._tag === "Left") return left([prefix.left]);
  const found = findParameters(model, prefix.right, tensors);
  const name = prefix.right + POSITION_TABLE;
  const own = tensors.get(name);
  const table = own === undefined ? right(null) : storedTable(model, own);
  if (table._tag === "Left") found.faults.push(table.left);
  const used = [...found.used, ...(own === undefined ? [] : [name])];
  const leftOver = without([...tensors.keys()], used);
  const [first, ...others] = [
    ...found.faults,
    ...foreignParts(prefix.right, leftOver),
  ];
  if (first !== undefined) return left([first, ...others]);
  if (table._tag === "Left") return left([table.left]);
  // Only now: sizes that a file merely claims must not ask for memory.
  const [numbers, positions] = positionsOf(model, resampling, table.right);
  const parameters = encoderParameters(model).map((parameter) => {
    const { name } = parameter;
    const values = found.parameters.get(name) ??
      initialValues(parameter, split(key, name));
    return [name, values] as const;
  });
  const { missing } = found;
  return right({
    parameters: new Map([...parameters, [POSITION_TABLE, numbers]]),
    report: { prefix: prefix.right, used, missing, leftOver, positions },
  });
}
