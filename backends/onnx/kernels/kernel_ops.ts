/**
 * Element-wise ops as instructions.
 *
 * Each op is written once, for one number or for four side by side.
 */
import { LEAST_NORMAL } from "../../../core/mod.ts";
import type { ElementwiseNode } from "./elementwise_parts.ts";
import { type Code, f64Const, OP } from "../../../core/wasm/wasm_code.ts";

/** Instructions on numbers, one or four at a time. */
export interface Arithmetic {
  /** Instruction that replaces two numbers by their sum, and so on. */
  readonly add: Code;
  readonly subtract: Code;
  readonly multiply: Code;
  readonly divide: Code;
  readonly sqrt: Code;
  /**
   * Pushes a number where another is below its size, else 0.
   *
   * @param x Pushes the number.
   * @param least Pushes the other.
   */
  readonly above: (x: Code, least: Code) => Code;
}

/** One number at a time. */
export const SINGLE: Arithmetic = {
  add: OP.f32Add,
  subtract: OP.f32Subtract,
  multiply: OP.f32Multiply,
  divide: OP.f32Divide,
  sqrt: OP.f32Sqrt,
  above: (x, least) => [
    ...x,
    ...[...f64Const(0), ...OP.f32FromF64],
    ...[...x, ...OP.f32Absolute, ...least, ...OP.f32AtMost],
    ...OP.i32IsZero,
    ...OP.select,
  ],
};

/** Four numbers at a time. */
export const FOURFOLD: Arithmetic = {
  add: OP.f32x4Add,
  subtract: OP.f32x4Subtract,
  multiply: OP.f32x4Multiply,
  divide: OP.f32x4Divide,
  sqrt: OP.f32x4Sqrt,
  above: (x, least) => [
    ...x,
    ...[...x, ...OP.f32x4Absolute, ...least, ...OP.f32x4AtMost],
    ...OP.v128AndNot,
  ],
};

/** The code of an op. */
export interface OpCode {
  /**
   * Factors that are the same for all numbers, computed once in double precision.
   *
   * @param scalar Pushes the op's operand at a position, which is a scalar.
   */
  readonly factors: (scalar: (operand: number) => Code) => readonly Code[];
  /**
   * The result.
   *
   * @param a Instructions on numbers.
   * @param x Pushes the op's operand at a position.
   * @param k Pushes the factor at a position.
   */
  readonly result: (
    a: Arithmetic,
    x: (operand: number) => Code,
    k: (factor: number) => Code,
  ) => Code;
}

const binary = (name: "add" | "subtract" | "multiply"): OpCode => ({
  factors: () => [],
  result: (a, x) => [...x(0), ...x(1), ...a[name]],
});

const weighted = (weights: readonly number[]): OpCode => ({
  factors: () => weights.map(f64Const),
  result: (a, x, k) =>
    weights.flatMap((_, i) => [
      ...x(i),
      ...k(i),
      ...a.multiply,
      ...i > 0 ? a.add : [],
    ]),
});

const [RATE, CORRECTION_1, CORRECTION_2] = [3, 4, 5];

/**
 * AdamW with `c = √correction2`: the step is
 * `(rate·c/correction1) · m / (√v + ε·c)`, and decay keeps `1 − rate·weightDecay`.
 */
const adamw = (weightDecay: number, epsilon: number): OpCode => ({
  factors: (scalar) => {
    const root = [...scalar(CORRECTION_2), ...OP.f64Sqrt];
    return [
      [
        ...[...scalar(RATE), ...root, ...OP.f64Multiply],
        ...[...scalar(CORRECTION_1), ...OP.f64Divide],
      ],
      [...root, ...f64Const(epsilon), ...OP.f64Multiply],
      [
        ...f64Const(1),
        ...[...scalar(RATE), ...f64Const(weightDecay), ...OP.f64Multiply],
        ...OP.f64Subtract,
      ],
    ];
  },
  result: (a, x, k) => [
    ...[...x(0), ...k(2), ...a.multiply],
    ...[...x(1), ...k(0), ...a.multiply],
    ...[...x(2), ...a.sqrt, ...k(1), ...a.add],
    ...a.divide,
    ...a.subtract,
  ],
});

/** The instructions of an op. */
export function opCode(
  node: Pick<ElementwiseNode, "op" | "attributes">,
): OpCode {
  const { op, attributes } = node as ElementwiseNode;
  switch (op) {
    case "add":
    case "subtract":
    case "multiply":
      return binary(op);
    case "scale":
      return weighted([attributes.factor]);
    case "square":
      return {
        factors: () => [],
        result: (a, x) => [...x(0), ...x(0), ...a.multiply],
      };
    case "mix":
      return weighted([attributes.weight, 1 - attributes.weight]);
    case "flush":
      return {
        factors: () => [f64Const(LEAST_NORMAL)],
        result: (a, x, k) => a.above(x(0), k(0)),
      };
    case "adamwUpdate":
      return adamw(attributes.weightDecay, attributes.epsilon);
  }
}
