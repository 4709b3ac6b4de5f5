/** Picking rows of each sample by index: masking and its inverse. */
import { left, type Result, right } from "../../result.ts";
import { type Shape, type Signature, sizeOf } from "../node.ts";
import {
  free,
  type OpDefinition,
  type OpDefinitions,
  type Values,
} from "../op_definition.ts";
import { sameShape } from "../shape.ts";

/** Shape of the rows `[B, rows, …]` picked from or into a tensor, if index and tensor fit. */
const inferPick = (
  [x, ...indices]: readonly Signature[],
  indexCount: number,
  fits: (x: Shape, index: Shape) => boolean,
  rowsOf: (index: Shape) => number,
  wanted: string,
): Result<string, Signature> => {
  const [index] = indices;
  const valid = x !== undefined && index !== undefined &&
    indices.length === indexCount &&
    x.dtype === "float32" && x.shape.length >= 2 &&
    x.shape[0] === index.shape[0] &&
    indices.every((i) =>
      i.dtype === "int32" && i.shape.length === 2 &&
      sameShape(i.shape, index.shape)
    ) &&
    fits(x.shape, index.shape);
  return valid
    ? right({
      shape: [x.shape[0] ?? 0, rowsOf(index.shape), ...x.shape.slice(2)],
      dtype: "float32",
    })
    : left(wanted);
};

/** Calls `visit(sample, row, index)` for every entry of an index `[B, M]`. */
function eachRow(
  index: Values | undefined,
  shape: Shape,
  visit: (sample: number, row: number, target: number) => void,
): void {
  const rows = shape[1] ?? 0;
  index?.forEach((target, i) => visit(Math.floor(i / rows), i % rows, target));
}

const gather = (
  node: Signature,
  [x, index]: readonly Values[],
  [sx, si]: readonly Signature[],
): Values => {
  const out = new Float64Array(sizeOf(node.shape));
  const width = sizeOf(node.shape.slice(2));
  const [from, to] = [sx?.shape[1] ?? 0, node.shape[1] ?? 0];
  eachRow(index, si?.shape ?? [], (sample, row, source) => {
    const start = (sample * from + source) * width;
    out.set(
      x?.subarray(start, start + width) ?? [],
      (sample * to + row) * width,
    );
  });
  return out;
};

const gatherRows: OpDefinition<"gatherRows"> = {
  infer: (_, inputs) =>
    inferPick(
      inputs,
      1,
      () => true,
      ([, m = 0]) => m,
      "float32 [B, N, ...] and int32 [B, M]",
    ),
  evaluate: gather,
  vjp: (g, { inputs: [x = -1, index = -1] }, dy) => [
    () => g.apply("scatterRows", { rows: g.shape(x)[1] ?? 0 }, [dy, index]),
    null,
  ],
  flops: free,
};

const scatterRows: OpDefinition<"scatterRows"> = {
  infer: ({ rows }, inputs) =>
    inferPick(
      inputs,
      1,
      (y, i) => y[1] === i[1],
      () => rows,
      "float32 [B, M, ...] and int32 [B, M]",
    ),
  evaluate: (node, [y, index], [, si]) => {
    const out = new Float64Array(sizeOf(node.shape));
    const width = sizeOf(node.shape.slice(2));
    const [to, from] = [node.shape[1] ?? 0, si?.shape[1] ?? 0];
    eachRow(index, si?.shape ?? [], (sample, row, target) => {
      for (let d = 0; d < width; d++) {
        const position = (sample * to + target) * width + d;
        out[position] = (out[position] ?? NaN) +
          (y?.[(sample * from + row) * width + d] ?? NaN);
      }
    });
    return out;
  },
  vjp: (
    g,
    { inputs: [, index = -1] },
    dy,
  ) => [() => g.apply("gatherRows", {}, [dy, index]), null],
  flops: free,
};

const permuteRows: OpDefinition<"permuteRows"> = {
  infer: (_, inputs) =>
    inferPick(
      inputs,
      2,
      (x, i) => x[1] === i[1],
      ([, n = 0]) => n,
      "float32 [B, N, ...] and two int32 [B, N]",
    ),
  evaluate: gather,
  vjp: (g, { inputs: [, index = -1, inverse = -1] }, dy) => [
    () => g.apply("permuteRows", {}, [dy, inverse, index]),
    null,
    null,
  ],
  flops: free,
};

/** Ops that pick rows by index. */
export const rowOps: OpDefinitions<
  "gatherRows" | "scatterRows" | "permuteRows"
> = { gatherRows, scatterRows, permuteRows };
