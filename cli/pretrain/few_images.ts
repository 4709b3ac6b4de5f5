/** Images that are too few for a step. */
import type { PretrainConfig } from "../../core/mod.ts";
import type { ImageSource } from "../../data/mod.ts";
import { refuse } from "../command/command_failed.ts";

/** Refuses a training whose images do not fill one step. */
export function refuseTooFew(
  { batchSize, accumIter }: Pick<
    PretrainConfig["training"],
    "batchSize" | "accumIter"
  >,
  { length, summary }: Pick<ImageSource, "length" | "summary">,
): void {
  const needed = batchSize * accumIter;
  if (length >= needed) return;
  refuse(
    `images: found ${length} to learn from (${summary}), wanted at least ${needed} for one step (--batch-size × --accum-iter)`,
  );
}
