/**
 * Reader of Python's pickle format that runs nothing.
 *
 * @see {@link https://github.com/python/cpython/blob/main/Lib/pickletools.py}
 */
import { excerpt, left, type Result, right } from "../../../core/mod.ts";
import {
  isTagged,
  PickleCursor,
  type PickledDict,
  type PickledReference,
  type PickleMachine,
  PickleRefusal,
  type PickleValue,
  refusePickle,
  textOf,
} from "./pickle_machine.ts";

type PickleOp = (machine: PickleMachine) => void;

const LAST_PROTOCOL = 5;

/** Dictionaries by other names. */
const DICTS: ReadonlySet<string> = new Set([
  "collections.OrderedDict",
  "collections.defaultdict",
]);

/** Names of classes and functions are short; they are compared again and again. */
const LONGEST_NAME = 1000;

/** A whole number of more bytes stays bytes: its value has no use here. */
const LONGEST_WHOLE = 64;

function pop({ stack }: PickleMachine): PickleValue {
  const value = stack.pop();
  return value === undefined ? refusePickle("an op finds no value") : value;
}

function top({ stack }: PickleMachine): PickleValue {
  const value = stack.at(-1);
  return value === undefined ? refusePickle("an op finds no value") : value;
}

/** Values since the last mark, which is taken away. */
function sinceMark(machine: PickleMachine): PickleValue[] {
  const items = machine.stack;
  machine.stack = machine.below.pop() ?? refusePickle("an op finds no mark");
  return items;
}

const list = (items: PickleValue[]): PickleValue => ({ _tag: "List", items });

/** Adds keys and values that follow each other. */
function setItems(to: PickleValue, items: readonly PickleValue[]): void {
  if (!isTagged(to, "Dict") && !isTagged(to, "Object")) {
    refusePickle("entries are set in no dictionary");
  }
  if (items.length % 2 !== 0) refusePickle("a key has no value");
  for (let i = 0; i < items.length; i += 2) {
    to.entries.push([items[i]!, items[i + 1]!]);
  }
}

function dictOf(items: readonly PickleValue[]): PickledDict {
  const dict: PickledDict = { _tag: "Dict", entries: [] };
  setItems(dict, items);
  return dict;
}

/** Adds to a list; what an object of another class collects stays unknown. */
function append(to: PickleValue, items: readonly PickleValue[]): void {
  if (isTagged(to, "Object")) return;
  if (!isTagged(to, "List")) refusePickle("items are added to no list");
  for (const item of items) to.items.push(item);
}

/** Refers to a class or a function by its name. */
function name(module: string, own: string): PickleValue {
  const letters = module.length + own.length;
  return letters <= LONGEST_NAME
    ? { _tag: "Name", name: `${module}.${own}` }
    : refusePickle(`a name has ${letters} letters`);
}

/** True if a dictionary is made without any entry; `defaultdict` takes a factory. */
const isEmpty = (given: readonly PickleValue[]): boolean =>
  given.length === 0 || given.length === 1 &&
    (given[0] === null || isTagged(given[0], "Name"));

/** Writes down that something is called, or made of a class. */
function call(callee: PickleValue, given: PickleValue): PickleValue {
  if (!isTagged(callee, "Name") && !isTagged(callee, "Object")) {
    return refusePickle("something without a name is called");
  }
  if (!isTagged(given, "List")) {
    return refusePickle(`${excerpt(callee.name)} has no arguments`);
  }
  const { items } = given;
  if (DICTS.has(callee.name) && isEmpty(items)) return dictOf([]);
  return {
    _tag: "Object",
    name: callee.name,
    arguments: items,
    entries: [],
    state: null,
  };
}

/** State of an object. A dictionary's attributes, such as `_metadata`, are no tensors. */
function build(machine: PickleMachine): void {
  const state = pop(machine);
  const built = top(machine);
  if (isTagged(built, "Object")) built.state = state;
  else if (!isTagged(built, "Dict")) {
    refusePickle("something that is no object is given a state");
  }
}

/** A whole number, the lowest byte first, in two's complement. */
function whole(bytes: Uint8Array): PickleValue {
  if (bytes.length > LONGEST_WHOLE) return bytes;
  const bits = bytes.reduceRight((sum, b) => (sum << 8n) | BigInt(b), 0n);
  const value = BigInt.asIntN(8 * bytes.length, bits);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const pushing =
  (read: (machine: PickleMachine) => PickleValue): PickleOp => (machine) => {
    const value = read(machine);
    machine.stack.push(value);
  };

const tuple = (count: number): PickleOp =>
  pushing((machine) => {
    const items = Array.from({ length: count }, () => pop(machine));
    return list(items.reverse());
  });

const remember =
  (numberOf: (machine: PickleMachine) => number): PickleOp => (machine) =>
    void machine.memo.set(numberOf(machine), top(machine));

const recall = (numberOf: (machine: PickleMachine) => number): PickleOp =>
  pushing((machine) => {
    const number = numberOf(machine);
    const value = machine.memo.get(number);
    return value === undefined
      ? refusePickle(`nothing was remembered as ${number}`)
      : value;
  });

const raw = (lengthOf: (machine: PickleMachine) => number): PickleOp =>
  pushing((machine) => machine.cursor.take(lengthOf(machine)));

const text = (lengthOf: (machine: PickleMachine) => number): PickleOp =>
  pushing((machine) => textOf(machine.cursor.take(lengthOf(machine))));

const byte = ({ cursor }: PickleMachine): number => cursor.byte();
const uint32 = ({ cursor }: PickleMachine): number => cursor.uint32();
const length64 = ({ cursor }: PickleMachine): number => cursor.length64();

function checkProtocol({ cursor }: PickleMachine): void {
  const protocol = cursor.byte();
  if (protocol < 2 || protocol > LAST_PROTOCOL) {
    refusePickle(`its protocol is ${protocol}, wanted 2 to ${LAST_PROTOCOL}`);
  }
}

function appendMarked(machine: PickleMachine): void {
  const items = sinceMark(machine);
  append(top(machine), items);
}

function called(machine: PickleMachine): PickleValue {
  const [given, callee] = [pop(machine), pop(machine)];
  return call(callee, given);
}

/**
 * Ops by code. Those that make objects write down what would be made. Not among them:
 * the texts of protocol 0, extension codes and buffers outside of the pickle.
 */
const OPS: ReadonlyMap<number, PickleOp> = new Map<number, PickleOp>([
  [0x4e, pushing(() => null)], // NONE
  [0x88, pushing(() => true)], // NEWTRUE
  [0x89, pushing(() => false)], // NEWFALSE
  [0x4a, pushing(({ cursor }) => cursor.int32())], // BININT
  [0x4b, pushing(byte)], // BININT1
  [0x4d, pushing(({ cursor }) => cursor.uint16())], // BININT2
  [0x8a, pushing(({ cursor }) => whole(cursor.take(cursor.byte())))], // LONG1
  [0x8b, pushing(({ cursor }) => whole(cursor.take(cursor.uint32())))], // LONG4
  [0x47, pushing(({ cursor }) => cursor.float64())], // BINFLOAT
  [0x8c, text(byte)], // SHORT_BINUNICODE
  [0x58, text(uint32)], // BINUNICODE
  [0x8d, text(length64)], // BINUNICODE8
  [0x55, text(byte)], // SHORT_BINSTRING
  [0x54, text(uint32)], // BINSTRING
  [0x43, raw(byte)], // SHORT_BINBYTES
  [0x42, raw(uint32)], // BINBYTES
  [0x8e, raw(length64)], // BINBYTES8
  [0x96, raw(length64)], // BYTEARRAY8
  [0x28, (machine) => {
    machine.below.push(machine.stack);
    machine.stack = [];
  }], // MARK
  [0x7d, pushing(() => dictOf([]))], // EMPTY_DICT
  [0x5d, pushing(() => list([]))], // EMPTY_LIST
  [0x29, pushing(() => list([]))], // EMPTY_TUPLE
  [0x8f, pushing(() => list([]))], // EMPTY_SET
  [0x64, pushing((machine) => dictOf(sinceMark(machine)))], // DICT
  [0x6c, pushing((machine) => list(sinceMark(machine)))], // LIST
  [0x74, pushing((machine) => list(sinceMark(machine)))], // TUPLE
  [0x91, pushing((machine) => list(sinceMark(machine)))], // FROZENSET
  [0x85, tuple(1)],
  [0x86, tuple(2)],
  [0x87, tuple(3)],
  [0x73, (machine) => {
    const [value, key] = [pop(machine), pop(machine)];
    setItems(top(machine), [key, value]);
  }], // SETITEM
  [0x75, (machine) => {
    const items = sinceMark(machine);
    setItems(top(machine), items);
  }], // SETITEMS
  [0x61, (machine) => {
    const item = pop(machine);
    append(top(machine), [item]);
  }], // APPEND
  [0x65, appendMarked], // APPENDS
  [0x90, appendMarked], // ADDITEMS
  [0x63, pushing(({ cursor }) => name(cursor.line(), cursor.line()))], // GLOBAL
  [
    0x93,
    pushing((machine) => {
      const [own, module] = [pop(machine), pop(machine)];
      return typeof own === "string" && typeof module === "string"
        ? name(module, own)
        : refusePickle("a name is no text");
    }),
  ], // STACK_GLOBAL
  [0x52, pushing(called)], // REDUCE
  [0x81, pushing(called)], // NEWOBJ
  [
    0x92,
    pushing((machine) => {
      pop(machine); // Named arguments of a class that stays closed.
      return called(machine);
    }),
  ], // NEWOBJ_EX
  [0x62, build], // BUILD
  [
    0x51,
    pushing((machine) => {
      const made = { _tag: "Reference", id: pop(machine) } as const;
      machine.references.push(made);
      return made;
    }),
  ], // BINPERSID
  [0x71, remember(byte)], // BINPUT
  [0x72, remember(uint32)], // LONG_BINPUT
  [0x94, remember(({ memo }) => memo.size)], // MEMOIZE
  [0x68, recall(byte)], // BINGET
  [0x6a, recall(uint32)], // LONG_BINGET
  [0x30, (machine) => {
    // On an empty stack it takes the mark away.
    if (machine.stack.length === 0) sinceMark(machine);
    else pop(machine);
  }], // POP
  [0x31, (machine) => void sinceMark(machine)], // POP_MARK
  [0x32, pushing(top)], // DUP
  [0x80, checkProtocol], // PROTO
  [0x95, ({ cursor }) => void cursor.length64()], // FRAME
]);

/** The op that ends a pickle. */
const STOP = 0x2e;

/**
 * Most ops: some forty make a tensor. Each may make an object of a hundred bytes out
 * of one byte.
 */
const MOST_OPS = 8_000_000;

/** Runs until the pickle says stop; ends by itself, for every op reads a byte. */
function run(machine: PickleMachine): PickleValue {
  for (let ops = 0;; ops++) {
    const code = machine.cursor.byte();
    if (code === STOP) break;
    if (ops === MOST_OPS) refusePickle(`it has more than ${MOST_OPS} ops`);
    const op = OPS.get(code);
    if (op === undefined) {
      refusePickle(
        `op 0x${code.toString(16)} at byte ${
          machine.cursor.position - 1
        } is none that builds data`,
      );
    }
    op(machine);
  }
  const [value, ...rest] = machine.stack;
  return value === undefined || rest.length > 0 || machine.below.length > 0
    ? refusePickle("the pickle does not end with one value")
    : value;
}

/** A value and where the pickle that holds it ends. */
export interface ReadPickle {
  /** Its value. */
  readonly value: PickleValue;
  /** All references to something outside of it, whether the value holds them or not. */
  readonly references: readonly PickledReference[];
  /** Bytes of the pickle; others may follow. */
  readonly length: number;
}

/**
 * Reads a pickle as data: numbers, texts, lists, dictionaries, and objects of any
 * class as what would be called, which is only written down. Nothing is imported or
 * called. Time and memory are linear in the bytes and bounded.
 *
 * @param bytes A pickle of protocol 2 to 5, and whatever follows it.
 * @returns Its value, or the first thing in it that is malformed.
 */
export function readPickle(bytes: Uint8Array): Result<string, ReadPickle> {
  const cursor = new PickleCursor(bytes);
  try {
    const references: PickledReference[] = [];
    const memo = new Map();
    const value = run({ cursor, references, memo, stack: [], below: [] });
    return right({ value, references, length: cursor.position });
  } catch (thrown) {
    if (thrown instanceof PickleRefusal) return left(thrown.message);
    throw thrown;
  }
}
