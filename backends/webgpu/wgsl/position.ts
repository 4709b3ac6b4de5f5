/** Positions in a tensor as WGSL expressions of type `i32`. */
import { type Shape, sizeOf } from "../../../core/mod.ts";
import { stridesOf } from "../../../core/graph/shape.ts";

/** A position: row-major in the whole tensor, or an index along each axis. */
export type Position =
  | { readonly flat: string }
  | { readonly at: readonly string[] };

const NAME_OR_NUMBER = /^[\w.]+$/;

/** An expression that may stand as an operand. */
export const operand = (expression: string): string =>
  NAME_OR_NUMBER.test(expression) ? expression : `(${expression})`;

/** `expression · factor`, without what a compiler would have to remove. */
export function times(expression: string, factor: number): string {
  if (factor === 0 || expression === "0") return "0";
  return factor === 1 ? expression : `${operand(expression)} * ${factor}`;
}

/** Sum of expressions, without zeros. */
export function sum(terms: readonly string[]): string {
  const nonzero = terms.filter((term) => term !== "0");
  return nonzero.length === 0
    ? "0"
    : nonzero.map((term) => nonzero.length > 1 ? operand(term) : term)
      .join(" + ");
}

/** `expression / divisor`, rounded down; the expression is at least 0. */
export function quotient(expression: string, divisor: number): string {
  return divisor === 1 || expression === "0"
    ? expression
    : `${operand(expression)} / ${divisor}`;
}

/** `expression mod extent`; the expression is at least 0. */
export function remainder(expression: string, extent: number): string {
  if (extent === 1 || expression === "0") return "0";
  return `${operand(expression)} % ${extent}`;
}

/** Row-major position in a tensor of a shape. */
export function flatOf(shape: Shape, position: Position): string {
  if ("flat" in position) return position.flat;
  const strides = stridesOf(shape);
  return sum(
    position.at.map((index, axis) => times(index, strides[axis] ?? 0)),
  );
}

/** Index along each axis; several terms use `flat`, so it should be a name. */
export function indicesOf(shape: Shape, position: Position): readonly string[] {
  if ("at" in position) return position.at;
  const strides = stridesOf(shape);
  return shape.map((extent, axis) => {
    if (extent === 1) return "0";
    const whole = quotient(position.flat, strides[axis] ?? 1);
    // The first axis that is longer than 1 needs no remainder.
    return sizeOf(shape.slice(0, axis)) === 1
      ? whole
      : remainder(whole, extent);
  });
}
