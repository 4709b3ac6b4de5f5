/** Values in Python's pickle format and the machine that reads them. */

/** A name that a pickle refers to, for example `torch._utils._rebuild_tensor_v2`. */
export interface PickledName {
  readonly _tag: "Name";
  /** Module and name, joined by a dot. */
  readonly name: string;
}

/** A reference to something outside the pickle, for example a storage. */
export interface PickledReference {
  readonly _tag: "Reference";
  readonly id: PickleValue;
}

/**
 * An object of some class, as its recipe: what Python would call, and what it would
 * then put into the result. It is data: nothing was imported or called.
 */
export interface PickledObject {
  readonly _tag: "Object";
  /** The class or function that would be called. */
  readonly name: string;
  /** Arguments of the call. */
  readonly arguments: readonly PickleValue[];
  /** Keys and values, if it is a mapping. */
  readonly entries: [key: PickleValue, value: PickleValue][];
  /** Its attributes; `null` if none were set. */
  state: PickleValue;
}

/** A dictionary; of equal keys the last counts. */
export interface PickledDict {
  readonly _tag: "Dict";
  /** Keys and values in the order in which they were set. */
  readonly entries: [key: PickleValue, value: PickleValue][];
}

/** A tuple, a list or a set. */
export interface PickledList {
  readonly _tag: "List";
  readonly items: PickleValue[];
}

/** A value in a pickle. It may share parts and contain itself. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickledName
  | PickledReference
  | PickledObject
  | PickledDict
  | PickledList;

/** True if a value is of the kind with this tag. */
export function isTagged<Tag extends string>(
  value: PickleValue | undefined,
  tag: Tag,
): value is Extract<PickleValue, { readonly _tag: Tag }> {
  return typeof value === "object" && value !== null &&
    "_tag" in value && value._tag === tag;
}

/** The error of a malformed pickle; it never leaves this folder. */
export class PickleRefusal extends Error {}

/** Ends the reading. */
export function refusePickle(reason: string): never {
  throw new PickleRefusal(reason);
}

/** Bytes that are read from front to back. */
export class PickleCursor {
  /** Position of the next byte. */
  position = 0;
  readonly #view: DataView;

  /** Starts at the first byte of the pickle. */
  constructor(private readonly bytes: Uint8Array) {
    const { buffer, byteOffset, byteLength } = bytes;
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  /** Moves on and gives where the part begins. */
  #skip(length: number): number {
    const start = this.position;
    if (length > this.bytes.length - start) {
      refusePickle(`the pickle ends at byte ${this.bytes.length}`);
    }
    this.position = start + length;
    return start;
  }

  byte(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#skip(4), true);
  }

  /** Eight bytes, a length. */
  length64(): number {
    const length = this.#view.getBigUint64(this.#skip(8), true);
    return length > BigInt(this.bytes.length)
      ? refusePickle(`a text claims ${length} bytes`)
      : Number(length);
  }

  /** A double, the high byte first. */
  float64(): number {
    return this.#view.getFloat64(this.#skip(8), false);
  }

  /** The next bytes, not copied. */
  take(length: number): Uint8Array {
    const start = this.#skip(length);
    return this.bytes.subarray(start, start + length);
  }

  /** Text up to the end of the line. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) refusePickle("a line has no end");
    const line = textOf(this.take(end - this.position + 1).subarray(0, -1));
    return typeof line === "string" ? line : refusePickle("a name is no text");
  }
}

/** UTF-8 as text; bytes that are none stay bytes, as those of Python 2 may. */
export function textOf(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return bytes;
  }
}

/** The stack machine that a pickle is a program of; only its data ops exist here. */
export interface PickleMachine {
  /** Place of the next op. */
  readonly cursor: PickleCursor;
  /** All references, in order. */
  readonly references: PickledReference[];
  /** Values by number. */
  readonly memo: Map<number, PickleValue>;
  /** Values on the stack; a mark begins a new one. */
  stack: PickleValue[];
  /** Stacks below the last mark. */
  readonly below: PickleValue[][];
}
