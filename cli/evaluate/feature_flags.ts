/**
 * Flags for which numbers of an encoder make a feature.
 *
 * @module
 */
import type { ModelSpec } from "../../core/mod.ts";
import { allTaps, type FeatureSpec } from "../../train/mod.ts";
import {
  choiceFlag,
  type FlagValues,
  switchFlag,
  under,
} from "../flags/flags.ts";

/** Flags of features. */
export const FEATURE_FLAGS = under("Features", {
  "tokens": choiceFlag(
    ["patches", "class-token"],
    "mean of the patch tokens, or the class token",
    { initial: "patches" },
  ),
  "taps": choiceFlag(
    ["last", "all"],
    "after the last block, or side by side after every tap",
    { initial: "last" },
  ),
  "no-untrained": switchFlag(
    "leave out the row of an untrained encoder of the same sizes, which costs as much again",
  ),
});

/** The feature that flags ask for. */
export function featureFrom(
  model: ModelSpec,
  { tokens, taps }: FlagValues<typeof FEATURE_FLAGS>,
): FeatureSpec {
  const { stages } = allTaps(model);
  return {
    tokens: tokens === "class-token" ? "classToken" : "patches",
    stages: taps === "all" ? stages : stages.slice(-1),
  };
}

/** A feature in words. */
export const describeFeature = ({ tokens, stages }: FeatureSpec): string =>
  `${
    tokens === "classToken" ? "the class token" : "the mean of the patch tokens"
  } ${
    stages.length === 1
      ? "after the last block"
      : "after every tap, side by side"
  }`;

/** Numbers of a feature. */
export const featureWidth = (
  { embedDim }: ModelSpec,
  { stages }: FeatureSpec,
): number => embedDim * stages.length;
