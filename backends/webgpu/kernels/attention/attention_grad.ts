/**
 * Gradient of attention (Dao et al. 2022): with `P = exp(score − logSum)` made again and
 * `D = rowsum(dO ∘ O)`, `dS = P ∘ (dO · vᵀ − D)`, `dQ = scale · dS · k`,
 * `dK = scale · dSᵀ · q` and `dV = Pᵀ · dO`. The first kernel has one query an invocation
 * and keeps `D` for those that have one key an invocation.
 */
import type { Block } from "../../wgsl/block.ts";
import type { Lowering } from "../../wgsl/lowering.ts";
import {
  openIn,
  type Operand,
  type Sink,
  type Source,
  type Target,
} from "../../wgsl/operand.ts";
import { tensorOperand, tensorTarget } from "../../wgsl/tensor.ts";
import type { AttentionOperands } from "./attention.ts";
import { attentionKeyGradKernels } from "./attention_grad_keys.ts";
import {
  addAttention,
  addRow,
  addRowLoad,
  addRowsText,
  addRowStore,
  addZeros,
  type AttentionSizes,
  dotText,
  tileFill,
  tilesLoop,
  type Tiling,
  tilingOf,
} from "./attention_tiles.ts";
import { literal } from "../../wgsl/literal.ts";

/** Operands of the gradient. */
export interface AttentionGradOperands extends AttentionOperands {
  /** Result of attention. */
  readonly output: Operand;
  /** Shape `[batch, heads, tokens]`: `log Σ exp(score)` over the keys. */
  readonly logSum: Operand;
  /** Gradient of the output. */
  readonly gradient: Operand;
}

/** Gradients of the operands of attention. */
export interface AttentionGradTargets {
  readonly q: Target;
  readonly k: Target;
  readonly v: Target;
}

/** Statements for the key at `j` of a tile. */
const keyText = ({ groups }: Tiling): string =>
  `let at = firstOfSlot + j;
${dotText("score", "query", "keys[at]", groups)}
${dotText("weightGradient", "gradient", "values[at]", groups)}
let scoreGradient = exp(score - logSum) * (weightGradient - mean);
${
    addRowsText(
      "queryGradient",
      [{ factor: "scoreGradient", row: "keys[at]" }],
      groups,
    )
  }`;

/** Statements that find `logSum` and `mean`, which is `D`, of the invocation's row, and keep `D`. */
function addMean(
  { block, tiling, logSum, means }: {
    readonly block: Block;
    readonly tiling: Tiling;
    readonly logSum: Source;
    readonly means: Sink;
  },
): void {
  const terms = Array.from(
    { length: tiling.groups },
    (_, g) => `meanSum += gradientRow${g} * outputRow${g};`,
  );
  const position = { at: ["sample", "head", "row"] };
  const inside = block.inner();
  inside.add(`logSum = ${logSum.at(inside, position)};`);
  means.put(inside, position, "mean");
  block.add(`var meanSum = vec4<f32>();
${terms.join("\n")}
let mean = (meanSum.x + meanSum.y) + (meanSum.z + meanSum.w);
var logSum = 0.0;
if (isRow) {
${inside.text()}
}`);
}

/** Adds the kernel of `dQ`, which also writes `D`. */
function queryKernel(
  lowering: Lowering,
  sizes: AttentionSizes,
  { q, k, v, output, logSum, gradient }: AttentionGradOperands,
  target: Target,
  means: Target,
): void {
  const tiling = tilingOf(lowering.limits, sizes, 1);
  const writer = lowering.writer();
  const body = writer.block();
  const scale = literal(sizes.scale);
  addRow(body, tiling);
  addRowLoad(body, tiling, openIn(writer, q), "query", scale);
  addRowLoad(body, tiling, openIn(writer, gradient), "gradient");
  addRowLoad(body, tiling, openIn(writer, output), "output");
  addMean({
    block: body,
    tiling,
    logSum: logSum.open(writer),
    means: means.open(writer),
  });
  addZeros(body, tiling.groups, "queryGradient");
  const fill = tileFill(writer, tiling, [
    { name: "keys", opened: openIn(writer, k) },
    { name: "values", opened: openIn(writer, v) },
  ]);
  body.add(tilesLoop(tiling, fill, keyText(tiling)));
  const store = body.inner();
  addRowStore(writer, store, tiling, target, "queryGradient", scale);
  addAttention(lowering, writer, tiling, body, {
    ...{ name: "attention dQ", tiles: ["keys", "values"], store },
    label: target.label,
  });
}

/** Adds two kernels, or three for wide heads. */
export function attentionGradKernels(
  lowering: Lowering,
  sizes: AttentionSizes,
  operands: AttentionGradOperands,
  targets: AttentionGradTargets,
): void {
  const { batch, heads, tokens } = sizes;
  const id = lowering.scratch([batch, heads, tokens]);
  const means = tensorTarget(lowering.values, id);
  queryKernel(lowering, sizes, operands, targets.q, means);
  attentionKeyGradKernels(lowering, sizes, {
    ...operands,
    means: tensorOperand(lowering.values, id),
  }, targets);
}
