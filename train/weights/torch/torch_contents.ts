/** Places of the tensors that a pickle of PyTorch describes, before any number is read. */
import {
  excerpt,
  left,
  type Result,
  right,
  type Shape,
  sizeOf,
} from "../../../core/mod.ts";
import {
  NUMBER_WIDTHS,
  type NumberKind,
  type Weights,
} from "../../files/tensor_data.ts";
import {
  isTagged,
  type PickledDict,
  type PickledName,
  type PickledObject,
  type PickleValue,
} from "./pickle_machine.ts";

/** Kinds of numbers that are read, by PyTorch's names of their types. */
const READ_KINDS: ReadonlyMap<string, NumberKind> = new Map([
  ["float32", "F32"],
  ["float64", "F64"],
  ["float16", "F16"],
  ["bfloat16", "BF16"],
  ["int64", "I64"],
  ["int32", "I32"],
  ["uint8", "U8"],
  ["bool", "U8"],
]);

/** Types of numbers and their bytes by the names of storages, as all versions write them. */
const STORAGES: ReadonlyMap<string, readonly [type: string, width: number]> =
  new Map([
    ["Float", ["float32", 4]],
    ["Double", ["float64", 8]],
    ["Half", ["float16", 2]],
    ["BFloat16", ["bfloat16", 2]],
    ["Long", ["int64", 8]],
    ["Int", ["int32", 4]],
    ["Short", ["int16", 2]],
    ["Char", ["int8", 1]],
    ["Byte", ["uint8", 1]],
    ["Bool", ["bool", 1]],
    ["ComplexFloat", ["complex64", 8]],
    ["ComplexDouble", ["complex128", 16]],
    ["QInt8", ["qint8", 1]],
    ["QUInt8", ["quint8", 1]],
    ["QInt32", ["qint32", 4]],
    ["Untyped", ["bytes", 1]],
  ]);

const REBUILD = "torch._utils._rebuild_tensor";

/** Calls whose first argument is the tensor itself. */
const WRAPPERS: ReadonlySet<string> = new Set([
  "torch._utils._rebuild_parameter",
  "torch._utils._rebuild_parameter_with_state",
]);

/** Calls of another call: `(function, type, arguments, state)`. */
const FROM_TYPE = /^torch\._tensor\._rebuild_from_type(_v2)?$/;

/** A file with more tensors or objects is refused: the largest models have some thousands. */
const MOST_FINDS = 100_000;

/** Letters of a name with all keys that lead to it; what has a longer one stays closed. */
const LONGEST_NAME = 1000;

/** Most entries of dictionaries that are visited. */
const MOST_ENTRIES = 2_000_000;

/** Deepest dictionary within dictionaries that is visited. */
const DEEPEST = 12;

/** PyTorch's own limit. */
const MOST_AXES = 64;

/** Place of the numbers of a tensor. */
export interface TensorPlace {
  /** Key of its storage. */
  readonly key: string;
  /** Kind of its numbers. */
  readonly kind: NumberKind;
  /** Numbers in the storage. */
  readonly count: number;
  /** Its begin in the storage, numbers. */
  readonly offset: number;
  /** Extents, outermost first. */
  readonly shape: Shape;
  /** Numbers from one index to the next of each axis. */
  readonly strides: readonly number[];
}

const isCount = (x: unknown): x is number =>
  Number.isSafeInteger(x) && (x as number) >= 0;

/** Counts in a tuple, or `null` if it is none of counts for at most `MOST_AXES` axes. */
function countsOf(value: PickleValue | undefined): readonly number[] | null {
  if (!isTagged(value, "List") || value.items.length > MOST_AXES) return null;
  return value.items.every(isCount) ? value.items as number[] : null;
}

/** A storage as a tensor refers to it: `('storage', type, key, location, count)`. */
export interface StorageReference {
  /** Its key. */
  readonly key: string;
  /** Type of its numbers. */
  readonly type: string;
  /** Bytes of one of them; `null` if the type is not known. */
  readonly width: number | null;
  /** Count of its numbers. */
  readonly count: number;
  /** True if it is a part of another storage, as some were in the first versions. */
  readonly isPart: boolean;
}

/**
 * The storage that a pickle refers to.
 *
 * @returns Its contents, or `null` if it is none to a storage.
 */
export function storageOf(
  value: PickleValue | undefined,
): StorageReference | null {
  const id = isTagged(value, "Reference") && isTagged(value.id, "List")
    ? value.id.items
    : [];
  const [word, made, key, , count, view = null] = id;
  if (
    word !== "storage" || !isTagged(made, "Name") ||
    typeof key !== "string" || !isCount(count)
  ) return null;
  const own = /^torch\.(?:cuda\.|storage\.)?(\w+)Storage$/.exec(made.name)?.[1];
  const [type, width] = STORAGES.get(own ?? "") ?? [made.name, null];
  return { key, type, width, count, isPart: view !== null };
}

/** A tensor of a kind that is not read. */
interface Unread {
  readonly unread: string;
}

/** True if all numbers of a view lie in its storage. */
function liesInside({ count, offset, shape, strides }: TensorPlace): boolean {
  if (shape.includes(0)) return true;
  const last = shape.reduce(
    (at, extent, axis) => at + (extent - 1) * strides[axis]!,
    offset,
  );
  return sizeOf(shape) <= count && last < count;
}

/** The place in `_rebuild_tensor_v2(storage, offset, shape, strides, …)`. */
function placeOf(
  { name, arguments: given }: PickledObject,
): Result<string, TensorPlace | Unread> {
  const storage = storageOf(given[0]);
  if (storage === null) return left("is of no storage");
  const [offset, shape, strides] = [
    given[1],
    countsOf(given[2]),
    countsOf(given[3]),
  ];
  if (
    !isCount(offset) || shape === null || strides === null ||
    strides.length !== shape.length
  ) return left("has no offset, shape and strides");
  const dtype = name.endsWith("_v3") ? given[6] : undefined;
  const type = isTagged(dtype, "Name")
    ? dtype.name.replace(/^torch\./, "")
    : storage.type;
  const kind = READ_KINDS.get(type);
  if (kind === undefined) return right({ unread: `${type} [${shape}]` });
  // A storage without a type counts bytes.
  const width = storage.type === "bytes" ? NUMBER_WIDTHS[kind] : 1;
  const count = storage.count / width;
  const place = { key: storage.key, kind, count, offset, shape, strides };
  return isCount(count) && liesInside(place)
    ? right(place)
    : left(`[${shape}] reaches beyond its storage of ${count} numbers`);
}

/** The call that makes the numbers, without what makes a parameter or a subclass of them. */
function innermost(value: PickledObject): PickledObject {
  let inner = value;
  for (let layers = 0; layers < DEEPEST; layers++) {
    const [first, , given] = inner.arguments;
    if (WRAPPERS.has(inner.name) && isTagged(first, "Object")) inner = first;
    else if (
      FROM_TYPE.test(inner.name) && isTagged(first, "Name") &&
      isTagged(given, "List")
    ) inner = { ...inner, name: first.name, arguments: given.items };
    else return inner;
  }
  return inner;
}

/** A tensor, or `null` for anything else. */
function tensorOf(
  value: PickledObject,
): Result<string, TensorPlace | Unread> | null {
  const inner = innermost(value);
  if (/^(_v[23])?$/.test(inner.name.replace(REBUILD, ""))) {
    return placeOf(inner);
  }
  const other = /^torch\._utils\._rebuild_(\w+)$/.exec(inner.name)?.[1];
  return other === undefined
    ? null
    : right({ unread: other.replace("qtensor", "quantised_tensor") });
}

/** A module's own attributes come first among those of its class. */
const FIRST_ATTRIBUTES = 40;

function attribute(state: PickleValue, name: string): PickledDict | null {
  const first = isTagged(state, "Dict")
    ? state.entries.slice(0, FIRST_ATTRIBUTES)
    : [];
  const found = first.find(([key]) => key === name)?.[1];
  return isTagged(found, "Dict") ? found : null;
}

/** Entries of a dictionary, of an object that is one, or of a whole `torch.nn.Module`. */
function* entriesOf(
  value: PickleValue,
): Generator<readonly [key: PickleValue, value: PickleValue]> {
  if (isTagged(value, "Dict") || isTagged(value, "Object")) {
    yield* value.entries;
  }
  if (!isTagged(value, "Object")) return;
  for (const name of ["_parameters", "_buffers", "_modules"]) {
    yield* attribute(value.state, name)?.entries ?? [];
  }
}

/** Collects findings by name. */
interface Finds {
  readonly tensors: Map<string, TensorPlace>;
  readonly unread: Map<string, string>;
  readonly opaque: Map<string, string>;
  /** Entries that may still be visited. */
  entries: number;
}

const isModule = (value: PickleValue): value is PickledObject =>
  isTagged(value, "Object") && attribute(value.state, "_modules") !== null;

/** Takes in an object by its name; gives what is wrong with it, if anything is. */
function take(
  finds: Finds,
  name: string,
  value: PickledObject | PickledName,
): string | null {
  const tensor = isTagged(value, "Object") ? tensorOf(value) : null;
  if (tensor === null) finds.opaque.set(name, value.name);
  else if (tensor._tag === "Left") {
    return `tensor ${excerpt(name)} ${tensor.left}`;
  } else if ("unread" in tensor.right) {
    finds.unread.set(name, tensor.right.unread);
  } else finds.tensors.set(name, tensor.right);
  const { tensors, unread, opaque } = finds;
  return tensors.size + unread.size + opaque.size > MOST_FINDS
    ? `it has more than ${MOST_FINDS} tensors and objects`
    : null;
}

/** Takes in a value and all that is in it, a module's own modules only by what they hold. */
function collect(
  finds: Finds,
  name: string,
  value: PickleValue,
  parents: readonly PickleValue[],
): string | null {
  const isPart = isModule(value) && isModule(parents.at(-1) ?? null);
  const isTaken = isTagged(value, "Object") || isTagged(value, "Name");
  const fault = isTaken && !isPart ? take(finds, name, value) : null;
  if (
    fault !== null || parents.length === DEEPEST || finds.tensors.has(name)
  ) return fault;
  for (const [key, inner] of entriesOf(value)) {
    if (--finds.entries < 0) return `it has more than ${MOST_ENTRIES} entries`;
    if (typeof key !== "string") continue;
    const own = name === "" ? key : `${name}.${key}`;
    if (own.length > LONGEST_NAME) {
      finds.opaque.set(excerpt(own), `a name of ${own.length} letters`);
      continue;
    }
    const fault = collect(finds, own, inner, [...parents, value]);
    if (fault !== null) return fault;
  }
  return null;
}

/**
 * Tensors of a state dictionary, of the dictionaries in it, and of a whole module,
 * each by the keys that lead to it, joined by dots.
 *
 * @returns Their places and the other contents, or the fault of one of them.
 */
export function torchContents(
  value: PickleValue,
): Result<string, Weights<TensorPlace>> {
  const finds: Finds = {
    tensors: new Map(),
    unread: new Map(),
    opaque: new Map(),
    entries: MOST_ENTRIES,
  };
  const fault = collect(finds, "", value, []);
  return fault === null ? right(finds) : left(fault);
}
