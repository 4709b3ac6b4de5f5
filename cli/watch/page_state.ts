/** State of a run, as its page shows it. */
import type { FollowedRun, LayerStatus, StageStatus } from "../../train/mod.ts";
import { DARK, layerColours, LIGHT } from "../../plot/mod.ts";
import { duration, percent, thousands, UNKNOWN } from "../output/words.ts";
import {
  adviceWords,
  evaluationWords,
  freezeWords,
  lifeWords,
  lossWords,
  placeWords,
  rateWords,
  secondsWords,
  speedWords,
  stageWords,
  stepWords,
} from "./words.ts";

/** State of a page of a run. */
export type RunState = ReturnType<typeof runState>;

/** State of a page without a run. */
export interface NoRunState {
  readonly kind: "none";
  readonly folder: string;
  readonly reason: string;
}

function nextFreeze(layers: readonly LayerStatus[]): string {
  const next = layers.find(({ isFrozen }) => !isFrozen);
  return next === undefined || next.freezeStep === null
    ? "no more to come"
    : `next ${next.name} at step ${thousands(next.freezeStep)}`;
}

/** Name of the loss that can be compared over all steps. */
const deepestName = (stages: readonly StageStatus[]): string =>
  stages.length > 1 ? `Loss of stage ${stages.length}` : "Loss";

/** The most important numbers. */
function tilesOf(run: FollowedRun, now: number) {
  const { status, life, checkpoint } = run;
  const { deepestLoss, stages, layers, saving, savingPredicted } = status;
  const { secondsLeft } = status;
  const frozen = layers.filter(({ isFrozen }) => isFrozen).length;
  return [
    {
      name: deepestName(stages),
      value: lossWords(deepestLoss),
      detail: stages.length > 0
        ? stages.map(stageWords).join(" · ")
        : evaluationWords(run) ?? "",
    },
    {
      name: "Frozen layers",
      value: `${frozen} of ${layers.length}`,
      detail: nextFreeze(layers),
    },
    {
      name: "Images per second",
      value: speedWords(status),
      detail: stepWords(status),
    },
    {
      name: "Saved by freezing",
      value: percent(saving),
      detail: `of the compute time so far; ${
        percent(savingPredicted)
      } of all operations by the plan`,
    },
    {
      name: "Time left",
      value: life === "running" ? secondsWords(secondsLeft) : UNKNOWN,
      detail: life === "running"
        ? "at the speed of now and the costs of the plan"
        : "no steps are taken now",
    },
    {
      name: "Last checkpoint",
      value: checkpoint === null
        ? "none"
        : `step ${thousands(checkpoint.step)}`,
      detail: checkpoint === null
        ? "written after an epoch, at the end and on Ctrl-C"
        : `${duration(Math.max(0, now - checkpoint.writtenAt) / 1000)} ago`,
    },
  ];
}

/** The bar of each layer over the time of the run, all lengths as parts of it. */
function barsOf({ status }: FollowedRun) {
  const { layers, done, totalSteps } = status;
  const [light, dark] = [LIGHT, DARK].map((theme) =>
    layerColours(layers.length, theme)
  );
  return layers.map((layer, i) => {
    const until = layer.freezeStep ?? totalSteps;
    return {
      name: layer.name,
      colour: { light: light?.[i] ?? "", dark: dark?.[i] ?? "" },
      trained: Math.min(done, until) / totalSteps,
      freezes: until / totalSteps,
      height: layer.peakRate > 0 ? layer.rate / layer.peakRate : 0,
      rate: layer.isFrozen ? "0" : rateWords(layer.rate),
      words: freezeWords(layer),
    };
  });
}

/**
 * State of a page of a run; a version changes when its picture does.
 *
 * @param now The time, milliseconds since 1970.
 */
export function runState(
  folder: string,
  run: FollowedRun,
  { curves, reconstruction }: {
    readonly curves: string;
    readonly reconstruction: string | null;
  },
  now: number,
) {
  const { status, life, complaint } = run;
  const { done, totalSteps, deepestLoss, stages } = status;
  const place = placeWords(status);
  return {
    kind: "run" as const,
    folder,
    life,
    lifeWords: lifeWords(run),
    notes: [adviceWords(folder, run), complaint].filter((note) =>
      note !== null
    ),
    progress: { part: done / totalSteps, words: place },
    tiles: tilesOf(run, now),
    layers: barsOf(run),
    pictures: {
      loss: {
        version: curves,
        alt: `Losses over the steps up to ${place}: ${
          [`loss ${lossWords(deepestLoss)}`, ...stages.map(stageWords)].join(
            ", ",
          )
        }.`,
      },
      rates: {
        version: curves,
        alt:
          `Learning rates of the layers over the steps up to ${place}; the list of layers below says each of them.`,
      },
      reconstruction: {
        version: reconstruction,
        alt:
          "Images, what the encoder sees of them, and what each stage makes of the hidden parts.",
      },
    },
  };
}
