/**
 * Attention: `softmax(scale · q · kᵀ) · v` of each sample and head, with the streaming
 * softmax: a row keeps its largest score so far, the sum of exponentials and the sum of
 * values, and shrinks the sums when the largest score grows.
 */
import type { Lowering } from "../../wgsl/lowering.ts";
import { openIn, type Operand, type Target } from "../../wgsl/operand.ts";
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

/** Keys that share one new largest score. */
const CHUNK = 4;

/** Score of a key that does not exist; finite, so that differences of two are 0. */
const NOTHING = "-1e30";

/** Operands of shape `[batch, heads, tokens, width]`. */
export interface AttentionOperands {
  readonly q: Operand;
  readonly k: Operand;
  readonly v: Operand;
}

/** Results of attention. */
export interface AttentionTargets {
  /** Shape `[batch, heads, tokens, width]`. */
  readonly output: Target;
  /** Shape `[batch, heads, tokens]`: `log Σ exp(score)` over the keys, for the gradient. */
  readonly logSum?: Target;
}

/** Statements for the keys from `j` on of a tile. */
function chunkText({ sizes, chunk, groups }: Tiling): string {
  const keys = Array.from({ length: chunk }, (_, u) => `${u}`);
  const ragged = sizes.tokens % chunk !== 0;
  const scores = keys.map((u) => {
    const score = ragged
      ? `select(${NOTHING}, product${u}, j + ${u} < count)`
      : `product${u}`;
    return `let at${u} = firstOfSlot + j + ${u};
${dotText(`product${u}`, "query", `keys[at${u}]`, groups)}
let score${u} = ${score};`;
  });
  const largest = keys.reduce((all, u) => `max(${all}, score${u})`, "largest");
  const shrunk = Array.from(
    { length: groups },
    (_, g) => `outputRow${g} *= shrink;`,
  );
  return `${scores.join("\n")}
let larger = ${largest};
let shrink = exp(largest - larger);
largest = larger;
${keys.map((u) => `let weight${u} = exp(score${u} - larger);`).join("\n")}
total = total * shrink + (${keys.map((u) => `weight${u}`).join(" + ")});
${shrunk.join("\n")}
${
    addRowsText(
      "output",
      keys.map((u) => ({ factor: `weight${u}`, row: `values[at${u}]` })),
      groups,
    )
  }`;
}

/** Adds one kernel; an invocation has one query. */
export function attentionKernels(
  lowering: Lowering,
  sizes: AttentionSizes,
  { q, k, v }: AttentionOperands,
  { output, logSum }: AttentionTargets,
): void {
  const tiling = tilingOf(lowering.limits, sizes, CHUNK);
  const writer = lowering.writer();
  const body = writer.block();
  const scale = literal(sizes.scale);
  addRow(body, tiling);
  addRowLoad(body, tiling, openIn(writer, q), "query", scale);
  addZeros(body, tiling.groups, "output");
  body.add(`var largest = ${NOTHING};\nvar total = 0.0;`);
  const fill = tileFill(writer, tiling, [
    { name: "keys", opened: openIn(writer, k) },
    { name: "values", opened: openIn(writer, v) },
  ]);
  body.add(tilesLoop(tiling, fill, chunkText(tiling)));
  const store = body.inner();
  const share = store.let("1.0 / total");
  addRowStore(writer, store, tiling, output, "output", share);
  logSum?.open(writer).put(
    store,
    { at: ["sample", "head", "row"] },
    "largest + log(total)",
  );
  addAttention(lowering, writer, tiling, body, {
    ...{ name: "attention", tiles: ["keys", "values"], store },
    label: output.label,
  });
}
