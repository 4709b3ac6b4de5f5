/** Gradients of keys and values of attention: an invocation has one key and goes through the queries. */
import type { KernelWriter } from "../../wgsl/kernel_writer.ts";
import type { Lowering } from "../../wgsl/lowering.ts";
import { openIn, type Operand, type Target } from "../../wgsl/operand.ts";
import type { AttentionOperands } from "./attention.ts";
import {
  addAttention,
  addRow,
  addRowLoad,
  addRowsText,
  addRowStore,
  addZeros,
  type AttentionSizes,
  dotText,
  TILE_ROW,
  tileFill,
  tileLoop,
  tilesLoop,
  type Tiling,
  tilingOf,
} from "./attention_tiles.ts";
import { literal } from "../../wgsl/literal.ts";

/** Widest head whose key, value and both gradients fit in registers: 4 numbers a channel. */
const MOST_WIDTH = 48;

/** Operands of these gradients. */
export interface KeyGradOperands extends AttentionOperands {
  readonly gradient: Operand;
  /** Shape `[batch, heads, tokens]`. */
  readonly logSum: Operand;
  /** Row sums `D` of the output times its gradient, shape `[batch, heads, tokens]`. */
  readonly means: Operand;
}

/** Gradients that a kernel makes, at least one. */
interface KeyGradTargets {
  readonly k?: Target;
  readonly v?: Target;
}

/** Reads two numbers of each query of a tile. */
function numbersFill(
  writer: KernelWriter,
  tiling: Tiling,
  { logSum, means }: KeyGradOperands,
  withMeans: boolean,
): string {
  const inside = writer.block();
  const position = { at: TILE_ROW };
  const sums = logSum.open(writer).at(inside, position);
  const mean = withMeans ? means.open(writer).at(inside, position) : "0.0";
  inside.add(`numbersRead = vec2<f32>(${sums}, ${mean});`);
  return tileLoop(tiling, 1, {
    before: `var numbersRead = vec2<f32>();`,
    inside: inside.text(),
    after: "numbers[tileRow] = numbersRead;",
  });
}

/** Statements for the query at `j` of a tile. */
function queryText({ groups }: Tiling, { k, v }: KeyGradTargets): string {
  const both = `let at = firstOfSlot + j;
${dotText("score", "key", "queries[at]", groups)}
let weight = exp(score - numbers[at].x);`;
  const forValue = v === undefined ? "" : addRowsText("valueGradient", [
    { factor: "weight", row: "gradients[at]" },
  ], groups);
  const forKey = k === undefined
    ? ""
    : `${dotText("weightGradient", "value", "gradients[at]", groups)}
let scoreGradient = weight * (weightGradient - numbers[at].y);
${
      addRowsText("keyGradient", [
        { factor: "scoreGradient", row: "queries[at]" },
      ], groups)
    }`;
  return [both, forValue, forKey].join("\n");
}

/** Adds the kernel of `dK`, of `dV` or of both. */
function keyKernel(
  lowering: Lowering,
  sizes: AttentionSizes,
  operands: KeyGradOperands,
  targets: KeyGradTargets,
): void {
  const tiling = tilingOf(lowering.limits, sizes, 1);
  const writer = lowering.writer();
  const body = writer.block();
  const scale = literal(sizes.scale);
  const { k, v } = targets;
  addRow(body, tiling);
  addRowLoad(body, tiling, openIn(writer, operands.k), "key", scale);
  if (k !== undefined) {
    addRowLoad(body, tiling, openIn(writer, operands.v), "value");
    addZeros(body, tiling.groups, "keyGradient");
  }
  if (v !== undefined) addZeros(body, tiling.groups, "valueGradient");
  const rows = tileFill(writer, tiling, [
    { name: "queries", opened: openIn(writer, operands.q) },
    { name: "gradients", opened: openIn(writer, operands.gradient) },
  ]);
  const fill = `${rows}\n${
    numbersFill(writer, tiling, operands, k !== undefined)
  }`;
  body.add(tilesLoop(tiling, fill, queryText(tiling, targets)));
  const store = body.inner();
  const put = (target: Target | undefined, name: string, factor: string) => {
    if (target === undefined) return;
    addRowStore(writer, store, tiling, target, name, factor);
  };
  put(k, "keyGradient", scale);
  put(v, "valueGradient", "1.0");
  const made = [...(k ? ["dK"] : []), ...(v ? ["dV"] : [])].join(" ");
  addAttention(lowering, writer, tiling, body, {
    ...{ name: `attention ${made}`, tiles: ["queries", "gradients"], store },
    declarations: [
      `var<workgroup> numbers : array<vec2<f32>, ${
        tiling.slots * tiling.tile
      }>;`,
    ],
    label: `${k?.label ?? ""}${v?.label ?? ""}`,
  });
}

/** Adds one kernel, or for wide heads one for the keys and one for the values. */
export function attentionKeyGradKernels(
  lowering: Lowering,
  sizes: AttentionSizes,
  operands: KeyGradOperands,
  { k, v }: Required<KeyGradTargets>,
): void {
  const shares = sizes.width <= MOST_WIDTH ? [{ k, v }] : [{ k }, { v }];
  shares.forEach((targets) => keyKernel(lowering, sizes, operands, targets));
}
