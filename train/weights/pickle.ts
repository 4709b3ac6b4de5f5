/**
 * Reading Python's pickle format without running anything.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import {
  PickleCursor,
  type PickleMachine,
  PickleRefusal,
  type PickleRules,
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
        } builds no tensors or plain containers`,
      );
    }
    op(machine);
  }
  const [value, ...rest] = machine.stack;
  return value === undefined || rest.length > 0 || machine.below.length > 0
    ? refusePickle("the pickle does not end with one value")
    : value;
}

/**
 * Reads a pickle as data: numbers, texts, lists, dictionaries, and calls of a few
 * names, which are only written down. Nothing is imported or called. Time and
 * memory are linear in the bytes and bounded.
 *
 * @param rules Which names may occur.
 * @param bytes A pickle of protocol 2 to 5.
 * @returns Its value, or the first thing in it that is refused, with its name.
 */
export function readPickle(
  rules: PickleRules,
  bytes: Uint8Array,
): Result<string, PickleValue> {
  try {
    return right(run({
      cursor: new PickleCursor(bytes),
      rules,
      memo: new Map(),
      stack: [],
      below: [],
    }));
  } catch (thrown) {
    if (thrown instanceof PickleRefusal) return left(thrown.message);
    throw thrown;
  }
}
