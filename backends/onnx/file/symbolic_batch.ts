/** Models for any number of samples. */
import { left, type Result, right } from "../../../core/mod.ts";
import type { Initializer, OnnxModel, OnnxNode } from "./onnx_model.ts";

/** Writes a model for so many samples. */
export type ModelAt = (batch: number) => OnnxModel;

/**
 * Batches for which a model is written and compared. They are large primes, so that no extent
 * of the model itself is mistaken for one that grows with the batch.
 */
const [FIRST, SECOND, THIRD] = [10007, 20011, 40009] as const;

/** Name of the extent in the model. */
export const BATCH_SYMBOL = "batch";

/** A list of extents that depends on the batch: `fixed + slope · batch`. */
interface Growing {
  readonly fixed: readonly number[];
  readonly slope: readonly number[];
}

const numbersOf = ({ data }: Initializer): number[] => {
  const { buffer, byteOffset, byteLength } = data;
  return Array.from(
    new BigInt64Array(buffer as ArrayBuffer, byteOffset, byteLength / 8),
    Number,
  );
};

function growing(
  a: readonly number[],
  b: readonly number[],
  third: readonly number[],
): Growing | null {
  const slope = a.map((x, i) => ((b[i] ?? NaN) - x) / (SECOND - FIRST));
  const fixed = a.map((x, i) => x - (slope[i] ?? NaN) * FIRST);
  const holds = slope.every(Number.isSafeInteger) &&
    third.every((x, i) => x === fixed[i]! + slope[i]! * THIRD);
  return holds ? { fixed, slope } : null;
}

/** The parts that must not depend on the batch, as text. */
const skeletonOf = ({ nodes, initializers, inputs, outputs }: OnnxModel) =>
  JSON.stringify([
    nodes,
    initializers.map(({ name, type, shape }) => [name, type, shape]),
    [...inputs, ...outputs].map(({ name, type, shape }) => [
      name,
      type,
      shape.length,
    ]),
  ]);

const int64s = (name: string, values: readonly number[]): Initializer => ({
  name,
  type: "int64",
  shape: [values.length],
  data: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});

const call = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode["attributes"] = {},
): OnnxNode => ({ op, domain: "", inputs, outputs: [output], attributes });

/** Extents in which one alone is unknown can be left to `Reshape`. */
const leftOpen = ({ fixed, slope }: Growing): readonly number[] | null =>
  slope.filter((step) => step !== 0).length === 1
    ? fixed.map((extent, i) => slope[i] === 0 ? extent : -1)
    : null;

/** Calls that compute a list of extents from the batch. */
function computed(
  { name }: Initializer,
  { fixed, slope }: Growing,
): Replacement {
  const [slopes, grown, rest] = ["slope", "grown", "fixed"].map((part) =>
    `${name}_${part}`
  ) as [string, string, string];
  return {
    nodes: [
      call("Mul", [BATCH_SYMBOL, slopes], grown),
      call("Add", [grown, rest], name),
    ],
    initializers: [int64s(slopes, slope), int64s(rest, fixed)],
  };
}

/** True if a value is only ever the wanted shape of a `Reshape`. */
const isOnlyReshaped = (nodes: readonly OnnxNode[], name: string): boolean =>
  nodes.every(({ op, inputs }) =>
    inputs.every((input, i) => input !== name || (op === "Reshape" && i === 1))
  );

const isGrowing = (a: Initializer, b: Initializer | undefined): boolean =>
  b === undefined || String(a.data) !== String(b.data);

/** The batch itself, `[1]`: the first extent of the input. */
const batchOf = (input: string): OnnxNode =>
  call("Shape", [input], BATCH_SYMBOL, {
    start: { _tag: "Int", value: 0 },
    end: { _tag: "Int", value: 1 },
  });

const withSymbol = (values: OnnxModel["inputs"]): OnnxModel["inputs"] =>
  values.map((value) => ({
    ...value,
    shape: value.shape.map((extent) =>
      extent === FIRST ? BATCH_SYMBOL : extent
    ),
  }));

/** The replacement of one constant. */
type Replacement = Pick<OnnxModel, "nodes" | "initializers">;

/** A constant as it is for any batch. */
function opened(
  nodes: readonly OnnxNode[],
  a: Initializer,
  b: Initializer | undefined,
  third: Initializer | undefined,
): Result<string, Replacement> {
  if (!isGrowing(a, b) || b === undefined || third === undefined) {
    return right({ nodes: [], initializers: [a] });
  }
  const extents = a.type === "int64"
    ? growing(numbersOf(a), numbersOf(b), numbersOf(third))
    : null;
  if (extents === null) {
    return left(`${a.name} does not grow evenly with the batch`);
  }
  const open = isOnlyReshaped(nodes, a.name) ? leftOpen(extents) : null;
  return right(
    open === null
      ? computed(a, extents)
      : { nodes: [], initializers: [int64s(a.name, open)] },
  );
}

/**
 * One model for any number of samples, from models for given ones. They must agree
 * but for lists of extents that grow evenly with the batch; these become unknowns
 * of `Reshape`, or are computed from the extent of the input.
 *
 * @param input Name of an input whose first extent is the batch.
 * @returns The model, or in words why the batch cannot be left open.
 */
export function symbolicBatch(
  modelAt: ModelAt,
  input: string,
): Result<string, OnnxModel> {
  const [a, b, third] = [FIRST, SECOND, THIRD].map(modelAt) as [
    OnnxModel,
    OnnxModel,
    OnnxModel,
  ];
  if (skeletonOf(a) !== skeletonOf(b) || skeletonOf(a) !== skeletonOf(third)) {
    return left("another batch has other calls");
  }
  const replacements: Replacement[] = [];
  for (const [i, constant] of a.initializers.entries()) {
    const replacement = opened(
      a.nodes,
      constant,
      b.initializers[i],
      third.initializers[i],
    );
    if (replacement._tag === "Left") return replacement;
    replacements.push(replacement.right);
  }
  const computing = replacements.flatMap(({ nodes }) => nodes);
  const first = computing.length === 0 ? [] : [batchOf(input)];
  return right({
    nodes: [...first, ...computing, ...a.nodes],
    initializers: replacements.flatMap(({ initializers }) => initializers),
    inputs: withSymbol(a.inputs),
    outputs: withSymbol(a.outputs),
  });
}
