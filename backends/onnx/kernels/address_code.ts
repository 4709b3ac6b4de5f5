/** Arithmetic of addresses, of 64 bits or of 32 where a runtime has no wider ones. */
import {
  type Code,
  i32Const,
  i64Const,
  type MemoryKind,
  OP,
} from "../../../core/wasm/wasm_code.ts";

/** Bits of an address. */
export type AddressBits = MemoryKind["addresses"];

/** Instructions on addresses. */
export interface AddressCode {
  /** Type of an address. */
  readonly type: "i32" | "i64";
  /** Pushes a whole number. */
  readonly constant: (value: number) => Code;
  /** Adds two. */
  readonly add: Code;
  /** Keeps the bits that both have. */
  readonly and: Code;
  /** Multiplies by a power of two. */
  readonly shiftLeft: Code;
  /** Compares two, without a sign. */
  readonly lessThan: Code;
}

/** Instructions by the bits of an address. */
export const ADDRESS_CODE: Readonly<Record<AddressBits, AddressCode>> = {
  32: {
    type: "i32",
    constant: i32Const,
    add: OP.i32Add,
    and: OP.i32And,
    shiftLeft: OP.i32ShiftLeft,
    lessThan: OP.i32LessThan,
  },
  64: {
    type: "i64",
    constant: i64Const,
    add: OP.i64Add,
    and: OP.i64And,
    shiftLeft: OP.i64ShiftLeft,
    lessThan: OP.i64LessThan,
  },
};

/** Pages of 64 KiB that a memory may have at most; one with fewer fits too. */
export const MAXIMUM_PAGES: Readonly<Record<AddressBits, number>> = {
  32: 65_536,
  64: 262_144,
};

/** A number as JavaScript hands an address over. */
export const addressValue = (
  bits: AddressBits,
): (value: number) => number | bigint => bits === 64 ? BigInt : Number;
