/**
 * Reading Python's pickle format without running anything.
 *
 * @module
 */
import { left, type Result, right } from "../../../core/mod.ts";
import {
  PickleCursor,
  type PickledReference,
  type PickleMachine,
  PickleRefusal,
  type PickleValue,
  refusePickle,
} from "./pickle_machine.ts";
import { PICKLE_OPS } from "./pickle_ops.ts";

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
    const op = PICKLE_OPS.get(code);
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
