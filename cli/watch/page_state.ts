/**
 * How a run stands, as its page shows it.
 *
 * @module
 */
import type { FollowedRun, LayerStatus, StageStatus } from "../../train/mod.ts";
import { DARK, layerColours, LIGHT } from "../../plot/mod.ts";
import { showSeconds } from "../pretrain/progress.ts";
import {
  adviceWords,
  freezeWords,
  lifeWords,
  lossWords,
  percent,
  placeWords,
  rateWords,
  secondsWords,
  speedWords,
  stepWords,
  UNKNOWN,
  whole,
} from "./words.ts";

/** A number with its name. */
export interface Tile {
  /** What it is. */
  readonly name: string;
  /** The number. */
  readonly value: string;
  /** What else there is to say. */
  readonly detail: string;
}

/** The bar of a layer over the time of the run. */
export interface LayerBar {
  /** Name of the layer. */
  readonly name: string;
  /** Its colours in the curves. */
  readonly colour: { readonly light: string; readonly dark: string };
  /** Part of the run for which it has trained. */
  readonly trained: number;
  /** Part of the run from which it is frozen; 1 if it never is. */
  readonly freezes: number;
  /** Its learning rate as a part of its highest. */
  readonly height: number;
  /** Its learning rate. */
  readonly rate: string;
  /** When it freezes or froze. */
  readonly words: string;
}

/** A picture that the server has. */
export interface PictureState {
  /** Changes when the picture does; `null` if there is none. */
  readonly version: string | null;
  /** What it shows, for those who do not see it. */
  readonly alt: string;
}

/** What a page shows of a run. */
export interface RunState {
  /** Discriminant. */
  readonly kind: "run";
  /** The run's folder, as it was named. */
  readonly folder: string;
  /** Whether it lives. */
  readonly life: FollowedRun["life"];
  /** The same in words. */
  readonly lifeWords: string;
  /** What to do about it, or what is wrong; empty if nothing is. */
  readonly notes: readonly string[];
  /** How much is done. */
  readonly progress: {
    /** Part of the run. */
    readonly part: number;
    /** Steps and epochs. */
    readonly words: string;
  };
  /** The most important numbers. */
  readonly tiles: readonly Tile[];
  /** Layers from shallow to deep. */
  readonly layers: readonly LayerBar[];
  /** Pictures by name. */
  readonly pictures: Readonly<
    Record<"loss" | "rates" | "reconstruction", PictureState>
  >;
}

/** What a page shows where there is no run. */
export interface NoRunState {
  /** Discriminant. */
  readonly kind: "none";
  /** The folder, as it was named. */
  readonly folder: string;
  /** Why there is none. */
  readonly reason: string;
}

/** Versions of the pictures; `null` where there is none. */
export interface PictureVersions {
  /** The curves. */
  readonly curves: string;
  /** The reconstruction. */
  readonly reconstruction: string | null;
}

const stageWords = ({ index, loss, isPruned }: StageStatus): string =>
  `stage ${index + 1} ${lossWords(loss)}${isPruned ? " (ended)" : ""}`;

/** The layer that freezes next and when. */
function nextFreeze(layers: readonly LayerStatus[]): string {
  const next = layers.find(({ isFrozen }) => !isFrozen);
  return next === undefined || next.freezeStep === null
    ? "no more to come"
    : `next ${next.name} at step ${whole(next.freezeStep)}`;
}

function tilesOf(run: FollowedRun, now: number): readonly Tile[] {
  const { status, life, checkpoint } = run;
  const { loss, stages, layers, saving, savingPredicted, secondsLeft } = status;
  const frozen = layers.filter(({ isFrozen }) => isFrozen).length;
  return [
    {
      name: "Loss",
      value: lossWords(loss),
      detail: stages.map(stageWords).join(" · "),
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
      value: checkpoint === null ? "none" : `step ${whole(checkpoint.step)}`,
      detail: checkpoint === null
        ? "written after an epoch, at the end and on Ctrl-C"
        : `${showSeconds(Math.max(0, now - checkpoint.writtenAt) / 1000)} ago`,
    },
  ];
}

function barsOf({ status }: FollowedRun): readonly LayerBar[] {
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
 * What a page shows of a run.
 *
 * @param folder The run's folder, as it was named.
 * @param run The run.
 * @param versions Versions of its pictures.
 * @param now The time, milliseconds since 1970.
 */
export function runState(
  folder: string,
  run: FollowedRun,
  { curves, reconstruction }: PictureVersions,
  now: number,
): RunState {
  const { status, life, complaint } = run;
  const { done, totalSteps, loss, stages } = status;
  const place = placeWords(status);
  return {
    kind: "run",
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
        alt: `Losses over the steps up to ${place}: total ${lossWords(loss)}, ${
          stages.map(stageWords).join(", ")
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
          "Images, what the encoder sees of them, and for each stage the HOG target beside the reconstruction.",
      },
    },
  };
}
