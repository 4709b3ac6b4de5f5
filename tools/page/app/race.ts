/** One race: what both lanes train, and on which pictures. */
import {
  changedConfig,
  type Faults,
  type FreezePlan,
  type FreezeScale,
  planOf,
  type PretrainConfig,
  type RawImage,
  RECIPES,
  type Result,
  right,
} from "@vitfreeze/vitfreeze/web";

/** Where a copy of the model runs: without or with freezing. */
export type Lane = "plain" | "frozen";

/** Both lanes, in their order on the page. */
export const LANES: readonly Lane[] = ["plain", "frozen"];

/** What the visitor has chosen. */
export interface Choice {
  /** Part of the race after which the first layer freezes, before its scale. */
  readonly t0: number;
  /** How freeze times spread over the layers. */
  readonly scale: FreezeScale;
  /** Steps of the race, about: epochs are whole. */
  readonly steps: number;
  /** Pictures of the visitor, or `null` for those that come with the page. */
  readonly pictures: readonly RawImage[] | null;
}

/** Configuration, number of pictures and plan of a lane. */
export interface LanePlan {
  readonly config: PretrainConfig;
  readonly images: number;
  readonly plan: FreezePlan;
}

/** Pictures of a step. */
const BATCH = 32;

/** Sizes of the model: own pictures are seen in colour, and a little larger. */
const viewOf = (pictures: Choice["pictures"]) =>
  pictures === null ? {} : { imageSize: 32, inChannels: 3 };

/** The plan of a lane; the one without freezing trains every layer to the end. */
export function lanePlan(
  lane: Lane,
  { t0, scale, steps, pictures }: Choice,
): Result<Faults, LanePlan> {
  const images = pictures?.length ?? steps * BATCH;
  const batchSize = Math.min(BATCH, images);
  const epochs = Math.ceil(steps / Math.floor(images / batchSize));
  const config = changedConfig(RECIPES.small, {
    model: viewOf(pictures),
    freeze: { t0: lane === "plain" ? 1 : t0, scale },
    training: { epochs, warmupEpochs: 0, batchSize },
  });
  if (config._tag === "Left") return config;
  const plan = planOf(config.right, images);
  return plan._tag === "Left"
    ? plan
    : right({ config: config.right, images, plan: plan.right });
}
