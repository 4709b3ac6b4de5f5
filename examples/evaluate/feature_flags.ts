/**
 * Flags for which numbers of an encoder make a feature.
 *
 * @module
 */
import type { ModelSpec } from "../../core/mod.ts";
import { allTaps, type FeatureSpec } from "../../train/mod.ts";
import { choiceFlag, type FlagValues } from "../flags.ts";

/** Flags of features. */
export const FEATURE_FLAGS = {
  "tokens": choiceFlag(
    ["patches", "class-token"],
    "mean of the patch tokens, or the class token",
  ),
  "taps": choiceFlag(
    ["last", "all"],
    "after the last block, or side by side after every tap",
  ),
} as const;

/** What they are when they are not given. */
export const FEATURE_DEFAULTS: Readonly<Record<string, string>> = {
  "tokens": "patches",
  "taps": "last",
};

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

/** Numbers of a feature. */
export const featureWidth = (
  { embedDim }: ModelSpec,
  { stages }: FeatureSpec,
): number => embedDim * stages.length;
