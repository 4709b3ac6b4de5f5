/** What stages are asked to predict, of the images themselves. */
import type { GraphBuilder } from "../../graph/builder.ts";
import type { NodeId } from "../../graph/node.ts";
import { type ModelSpec, type StageSpec, targetOf } from "../model_spec.ts";
import { hogTargets } from "./hog.ts";
import { normalisedPixelTarget, pixelTarget } from "./pixels.ts";

/**
 * Target of each stage. It depends on the images alone, so that no gradient passes it.
 *
 * @param images `[B, C, S, S]`.
 * @param stages The stages that still need a target.
 * @returns For each stage `[B, (scale·G)², targetChannels]`.
 */
export function stageTargets(
  g: GraphBuilder,
  spec: ModelSpec,
  images: NodeId,
  stages: readonly StageSpec[],
): readonly NodeId[] {
  const ofHistograms = stages.filter((stage) => targetOf(stage) === "hog");
  const histograms = hogTargets(g, spec, images, ofHistograms);
  return stages.map((stage) => {
    switch (targetOf(stage)) {
      case "hog":
        return histograms[ofHistograms.indexOf(stage)] ?? -1;
      case "pixels":
        return pixelTarget(g, spec, images, stage);
      case "normalisedPixels":
        return normalisedPixelTarget(g, spec, images, stage);
    }
  });
}
