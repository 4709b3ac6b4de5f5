/** All ops by name. */
import type { OpName } from "./node.ts";
import type { OpDefinition, OpDefinitions } from "./op_definition.ts";
import { activationOps } from "./ops/activation.ts";
import { clipFactor } from "./ops/clip_factor.ts";
import { convolutionOps } from "./ops/convolution.ts";
import { elementwiseOps } from "./ops/elementwise.ts";
import { hogCells } from "./ops/hog.ts";
import { layoutOps } from "./ops/layout.ts";
import { matmul } from "./ops/matmul.ts";
import { normalizationOps } from "./ops/normalization.ts";
import { rankSum } from "./ops/rank_sum.ts";
import { rowOps } from "./ops/rows.ts";
import { constant, input } from "./ops/sources.ts";

/** Definition of every op. */
export const OPS: OpDefinitions<OpName> = {
  input,
  constant,
  ...elementwiseOps,
  matmul,
  ...convolutionOps,
  ...layoutOps,
  ...activationOps,
  ...normalizationOps,
  ...rowOps,
  hogCells,
  clipFactor,
  rankSum,
};

/** Definition of an op whose name is only known as a union. */
export function definitionOf(op: OpName): OpDefinition<OpName> {
  return OPS[op] as unknown as OpDefinition<OpName>;
}
