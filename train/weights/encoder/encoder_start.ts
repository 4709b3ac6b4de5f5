/** An encoder from the tensors of a file, as a start of training or for features. */
import {
  type Fault,
  type Faults,
  type FreezePlan,
  initialValues,
  type Key,
  left,
  type ModelSpec,
  type ParameterSpec,
  parameterSpecs,
  type PositionResampling,
  type PretrainConfig,
  type Result,
  right,
  rootKey,
  split,
} from "../../../core/mod.ts";
import type { Snapshot } from "../../engine/state.ts";
import type { HostTensors } from "../../engine/tensors.ts";
import { initialSnapshot } from "../../tasks/pretrain.ts";
import {
  type LoadedPositions,
  POSITION_TABLE,
  positionsOf,
  type StoredTable,
  tableRows,
} from "./encoder_positions.ts";
import { findEncoder } from "./encoder_names.ts";
import {
  encoderNumbers,
  encoderShape,
  type EncoderTensors,
  encoderTensors,
  type OtherContents,
  type StoredTensors,
} from "./encoder_tensors.ts";
import { foreignParts } from "./foreign_parts.ts";

/** Use of each tensor of a file. */
export interface EncoderReport {
  /** Prefix of the encoder's names, for example `module.`. */
  readonly prefix: string;
  /** Tensors of the file that are used, by their names in it. */
  readonly used: readonly string[];
  /** Parameters of the encoder that the file has not; they keep their first values. */
  readonly missing: readonly string[];
  /** Biases that the file's model has not; they are zeros, which is the same function. */
  readonly zeros: readonly string[];
  /** Tensors of the file that are no part of the encoder. */
  readonly leftOver: readonly string[];
  /** Objects in the file that stay closed, each with what Python would call to make it. */
  readonly opaque: readonly string[];
  /** Its position table. */
  readonly positions: LoadedPositions;
}

/** An encoder as a file has it. */
export interface EncoderStart {
  /** All its parameters under the model's names, and its position table `pos_embed`. */
  readonly parameters: HostTensors;
  /** Use of each tensor of the file. */
  readonly report: EncoderReport;
}

/** Options of reading an encoder from a file. */
export interface EncoderStartOptions {
  /** Prefix of the encoder's names; found out by default. */
  readonly prefix?: string;
  /** Interpolation of positions to another grid; `mae` by default. */
  readonly resampling?: PositionResampling;
  /** Key of the first values of missing parameters; seed 0 by default. */
  readonly key?: Key;
  /**
   * Permission for the class token, the last norm and the positions to be missing, as
   * where training begins. `false` when left out: features would be those of another
   * function.
   */
  readonly partial?: boolean;
}

/** Parameters of the encoder: everything before the decoders, and the norms of its taps. */
export function encoderParameters(model: ModelSpec): readonly ParameterSpec[] {
  return parameterSpecs(model).filter(({ name, owner }) =>
    owner._tag !== "Stage" || name.startsWith("norm.")
  );
}

/** Norms of taps in a file with LocalMIM's names. */
const normsIn = ({ sources }: EncoderTensors): number =>
  [...sources.keys()].filter((name) => /^norm\.\d+\.weight$/.test(name)).length;

/**
 * timm's name of a parameter in a file. The last norm of a file, numbered or not, is
 * that of the last tap; those before it are of the same taps only if they are as many.
 */
function nameIn(
  file: EncoderTensors,
  { stages }: ModelSpec,
  name: string,
): string | null {
  const [, tap, rest] = /^norm\.(\d+)\.(.*)$/.exec(name) ?? [];
  if (tap === undefined) return name;
  const norms = normsIn(file);
  const isLast = Number(tap) === stages.length - 1;
  if (isLast) return norms > 0 ? `norm.${norms - 1}.${rest}` : `norm.${rest}`;
  return norms === stages.length ? name : null;
}

interface Found {
  readonly parameters: Map<string, Float32Array>;
  /** Wanted parameters that are there, by timm's names. */
  readonly used: string[];
  readonly missing: string[];
  readonly zeros: string[];
  readonly faults: Fault[];
}

const QKV_BIAS = /^blocks\.\d+\.attn\.qkv\.bias$/;

/** True if a model has no biases of queries, keys and values at all. */
const isWithoutBias = ({ sources }: EncoderTensors): boolean =>
  ![...sources.keys()].some((name) => QKV_BIAS.test(name));

/** True if a parameter may keep its first value: norms of other taps; where training begins, more. */
function mayBeMissing(
  { stages }: ModelSpec,
  name: string,
  partial: boolean,
): boolean {
  const isNorm = name.startsWith("norm.");
  const isLast = name.startsWith(`norm.${stages.length - 1}.`);
  return isNorm && !isLast || partial && (isNorm || name === "cls_token");
}

function findParameters(
  model: ModelSpec,
  file: EncoderTensors,
  partial: boolean,
): Found {
  const found: Found = {
    parameters: new Map(),
    used: [],
    missing: [],
    zeros: [],
    faults: [],
  };
  const noBias = isWithoutBias(file);
  for (const { name, shape } of encoderParameters(model)) {
    const own = nameIn(file, model, name);
    const isThere = own !== null && file.sources.has(own);
    if (isThere) found.used.push(own);
    else if (mayBeMissing(model, name, partial)) {
      found.missing.push(name);
      continue;
    } else if (noBias && QKV_BIAS.test(name)) {
      found.zeros.push(name);
      continue;
    }
    const numbers = encoderNumbers(file, own ?? name, shape);
    if (numbers._tag === "Left") found.faults.push(numbers.left);
    else found.parameters.set(name, numbers.right);
  }
  return found;
}

/** The file's position table; `null` if it has none and may have none. */
function storedTable(
  { embedDim }: ModelSpec,
  file: EncoderTensors,
  partial: boolean,
): Result<Fault, StoredTable | null> {
  const isThere = file.sources.has(POSITION_TABLE);
  if (!isThere && partial) return right(null);
  const rows = encoderShape(file, POSITION_TABLE).at(-2) ?? 0;
  const numbers = encoderNumbers(file, POSITION_TABLE, [1, rows, embedDim]);
  if (numbers._tag === "Left") return numbers;
  const divided = tableRows(rows, file.sources.has("cls_token"));
  return divided._tag === "Left"
    ? divided
    : right({ ...divided.right, numbers: numbers.right });
}

/** All parameters; those that were not found get zeros or their first values. */
function parametersOf(
  model: ModelSpec,
  { parameters, zeros }: Found,
  key: Key,
): readonly (readonly [string, Float32Array])[] {
  const isZero = new Set(zeros);
  return encoderParameters(model).map((parameter) => {
    const { name } = parameter;
    const first = () => {
      const values = initialValues(parameter, split(key, name));
      return isZero.has(name) ? values.fill(0) : values;
    };
    return [name, parameters.get(name) ?? first()];
  });
}

/**
 * Reads the encoder out of the tensors of a file with timm's names, which MAE and
 * LocalMIM share, or those of transformers, torchvision or mmpretrain. Positions of
 * another grid are interpolated; the last norm of the file becomes the norm of the
 * last tap.
 *
 * Norms of other taps may be missing. The file is refused if another parameter is, if
 * one has another shape or is not finite, or if its model has parts that this one has
 * not, so that it would compute something else. Numbers of `float32` are not copied.
 *
 * @returns The encoder with a report of what was used, missing and left over, or
 * all that is wrong.
 */
export function encoderStart(
  model: ModelSpec,
  tensors: StoredTensors,
  options: EncoderStartOptions = {},
  others: OtherContents = {},
): Result<Faults, EncoderStart> {
  const { resampling = "mae", key = rootKey(0), partial = false } = options;
  const names = [...tensors.keys(), ...others.unread?.keys() ?? []];
  const place = findEncoder(names, options.prefix);
  if (place._tag === "Left") return left([place.left]);
  const file = encoderTensors(place.right, tensors, others);
  const found = findParameters(model, file, partial);
  const table = storedTable(model, file, partial);
  const used = [...found.used, POSITION_TABLE]
    .flatMap((name) => file.sources.get(name) ?? []);
  const taken = new Set(used);
  const leftOver = names.filter((name) => !taken.has(name));
  const [first, ...more] = [
    ...found.faults,
    ...table._tag === "Left" ? [table.left] : [],
    ...foreignParts(file, leftOver, partial),
  ];
  if (first !== undefined) return left([first, ...more]);
  if (table._tag === "Left") return left([table.left]);
  // Only now: sizes that a file merely claims must not ask for memory.
  const [numbers, positions] = positionsOf(model, resampling, table.right);
  const parameters = parametersOf(model, found, key);
  const { missing, zeros } = found;
  const opaque = [...others.opaque ?? []]
    .map(([name, made]) => name === "" ? made : `${name} (${made})`);
  const { prefix } = place.right;
  return right({
    parameters: new Map([...parameters, [POSITION_TABLE, numbers]]),
    report: { prefix, used, missing, zeros, leftOver, opaque, positions },
  });
}

/**
 * The state before the first step of a run whose encoder was trained before. The
 * decoders start as the seed says.
 *
 * Pre-training has fixed positions. An encoder with learned ones is still a
 * valid start; `report.positions.offFixed` says how far its table is from the fixed one.
 */
export function encoderSnapshot(
  config: PretrainConfig,
  plan: FreezePlan,
  start: EncoderStart,
): Snapshot {
  const first = initialSnapshot(config, plan);
  return {
    ...first,
    parameters: new Map(
      [...first.parameters].map(([name, values]) => [
        name,
        start.parameters.get(name) ?? values,
      ]),
    ),
  };
}
