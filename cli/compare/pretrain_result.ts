/** What a pre-training of a comparison leaves behind. */
import { createHash } from "node:crypto";
import { encodePretrainConfig, type PretrainConfig } from "../../core/mod.ts";

/** Costs and results of a pre-training. */
export interface PretrainResult {
  /** Digest of the configuration. */
  readonly config: string;
  /** The device of its last sitting. */
  readonly device: string;
  readonly epochs: number;
  readonly steps: number;
  readonly frozenLayers: readonly number[];
  readonly phaseSteps: readonly number[];
  /** Median seconds of a step in each phase: by the wall, without images and compilation. */
  readonly wallSecondsPerStep: readonly number[];
  /** The same by the processor's clock, of all threads, with images. */
  readonly processorSecondsPerStep: readonly number[];
  /** Operations of the run, by the cost model. */
  readonly flops: number;
  /** Part of them that freezing saves, by the cost model. */
  readonly savingPredicted: number;
  /** Loss of the last stage, mean over the last epoch; the other stages end earlier where layers freeze. */
  readonly loss: number;
}

/** Digest of all that determines a pre-training but the images. */
export const configDigest = (config: PretrainConfig): string =>
  createHash("sha256").update(JSON.stringify(encodePretrainConfig(config)))
    .digest("hex").slice(0, 16);
