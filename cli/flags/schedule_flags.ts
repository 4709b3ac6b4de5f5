/** Flags for when layers freeze and what stages weigh. */
import {
  type Curriculum,
  type FreezeTimes,
  left,
  listedTimes,
  right,
  withT0,
} from "../../core/mod.ts";
import {
  choiceFlag,
  type Flag,
  type FlagValues,
  numberFlag,
  numbersFlag,
  numbersIn,
  PART,
  switchFlag,
  under,
} from "./flags.ts";

/** Freeze times. */
export const FREEZE_FLAGS = under("Freezing", {
  "t0": numberFlag(
    PART,
    "time of the first freeze before scaling, as a part of the training; 1 never freezes",
    { at: "freeze.t0" },
  ),
  "how-scale": choiceFlag(
    ["linear", "squared", "cubic"],
    "how freeze times are bent",
    { at: "freeze.scale" },
  ),
  "freeze-times": numbersFlag(
    "X,X,…",
    { wanted: "numbers in (0, 1]", holds: PART.holds },
    "freeze times of the layers from shallow to deep, parts of the training that do not fall, the last 1; in place of --t0 and --how-scale",
    { at: "freeze.times", initial: "by --t0 and --how-scale" },
  ),
});

/**
 * A configuration with the freeze times of flags that {@link withValues} has placed: a list
 * brings its rule along, and a rule takes the place of a list.
 */
export function withFreezeTimes<
  Config extends { readonly freeze: FreezeTimes },
>(
  config: Config,
  { t0, "how-scale": scale, "freeze-times": times }: FlagValues<
    typeof FREEZE_FLAGS
  >,
): Config {
  const said = {
    ...t0 === undefined ? {} : { t0 },
    ...scale === undefined ? {} : { scale },
  };
  if (times !== undefined) {
    const freeze = { ...config.freeze, ...listedTimes(times), ...said };
    return { ...config, freeze };
  }
  return t0 === undefined && scale === undefined
    ? config
    : { ...config, freeze: withT0(config.freeze, config.freeze.t0) };
}

/** A point of a curriculum, for example `0.5:0,1,1,1`. */
const POINT = /^\s*([^:]+):([^:]+)$/;

/** Weights of the stages over time. */
export const CURRICULUM_FLAG: Flag<Curriculum> = {
  metavar: "T:W,W,…;…",
  help:
    "factors on the weights of the stages over time, linear between points, for example '0:1,1,1,1;0.5:0,0,1,1'; a stage without weight to the end is pruned",
  at: "curriculum",
  initial: "weights stay",
  parse: (text) => {
    const points = text.split(";").map((point) => {
      const [, time = "", weights = ""] = POINT.exec(point) ?? [];
      return { time: Number(time || NaN), weights: numbersIn(weights) };
    });
    const isWhole = points.every(({ time, weights }) =>
      [time, ...weights].every(Number.isFinite)
    );
    return isWhole
      ? right(points)
      : left("points TIME:WEIGHT,WEIGHT,… with semicolons between");
  },
  show: (curriculum) =>
    curriculum.map(({ time, weights }) => `${time}:${weights.join(",")}`)
      .join(";"),
};

/** Spending of what freezing saves, where the images of an epoch are known. */
export const SAME_COST_FLAGS = under("Schedule", {
  "same-cost-as-unfrozen": switchFlag(
    "more epochs, until the run costs what --epochs of them cost without freezing, by the cost model",
  ),
});
