/** State of a run, as text. */
import type { FollowedRun, LayerStatus } from "../../train/mod.ts";
import {
  adviceWords,
  checkpointWords,
  evaluationWords,
  freezeWords,
  lifeWords,
  lossWords,
  placeWords,
  rateWords,
  savingWords,
  secondsWords,
  speedWords,
  stageWords,
  stepWords,
} from "./words.ts";

const BAR = 24;
/** Cells of the bar of the whole run. */
const LONG_BAR = 48;

/** A bar that is filled in part. */
export function bar(part: number, cells: number): string {
  const full = Math.round(cells * Math.max(0, Math.min(1, part)));
  return "█".repeat(full) + "░".repeat(cells - full);
}

const layerBar = ({ isFrozen, rate, peakRate }: LayerStatus): string =>
  isFrozen ? "·".repeat(BAR) : bar(peakRate > 0 ? rate / peakRate : 0, BAR);

function layerLines(layers: readonly LayerStatus[]): readonly string[] {
  const width = Math.max(...layers.map(({ name }) => name.length));
  return layers.map((layer) =>
    [
      ` ${layer.name.padEnd(width)}`,
      layerBar(layer),
      layer.isFrozen ? "   0    " : rateWords(layer.rate),
      freezeWords(layer),
    ].join("  ")
  );
}

/** Frozen layers as one line: they are the first ones. */
function foldedLines(layers: readonly LayerStatus[]): readonly string[] {
  const frozen = layers.filter(({ isFrozen }) => isFrozen);
  const [first, last] = [frozen.at(0), frozen.at(-1)];
  if (first === undefined || last === undefined) return layerLines(layers);
  const names = first === last ? first.name : `${first.name} to ${last.name}`;
  return [
    ` ${names}: frozen`,
    ...layerLines(layers).slice(frozen.length),
  ];
}

function head(
  folder: string,
  run: FollowedRun,
  now: number,
): readonly string[] {
  const { status } = run;
  const { done, totalSteps, deepestLoss, stages } = status;
  const left = run.life === "running"
    ? ` · ${secondsWords(status.secondsLeft)} left`
    : "";
  const advice = adviceWords(folder, run);
  const found = evaluationWords(run);
  const rows = [
    ["loss", [lossWords(deepestLoss), ...stages.map(stageWords)].join(" · ")],
    ...found === null ? [] : [["judged", found]],
    ["speed", `${speedWords(status)} images/s · ${stepWords(status)}`],
    ["saving", savingWords(status)],
    ["saved", checkpointWords(run, now)],
    ...advice === null ? [] : [["", advice]],
    ...run.complaint === null ? [] : [["record", run.complaint]],
  ];
  return [
    `${folder} · ${lifeWords(run)}`,
    `${bar(done / totalSteps, LONG_BAR)} ${placeWords(status)}${left}`,
    ...rows.map(([name = "", words = ""]) => `${name.padEnd(6)}  ${words}`),
    "",
    "layer: learning rate as a part of its highest",
  ];
}

/** Room for the view. */
export interface TextSize {
  readonly columns: number;
  readonly rows: number;
}

const cut = (line: string, columns: number): string => {
  const letters = [...line];
  return letters.length <= columns
    ? line
    : `${letters.slice(0, columns - 1).join("")}…`;
};

/**
 * State of a run as lines of text: its progress, losses, speed, saving and last
 * checkpoint, then a bar for each layer, as long as its rate is high. Where there
 * is not room enough, frozen layers share one line and the deepest are omitted.
 *
 * @param now The time, milliseconds since 1970.
 * @returns At most `rows` lines of at most `columns` letters.
 */
export function textView(
  folder: string,
  run: FollowedRun,
  now: number,
  { columns, rows }: TextSize,
): readonly string[] {
  const above = head(folder, run, now);
  const all = layerLines(run.status.layers);
  const room = rows - above.length;
  const below = all.length <= room ? all : foldedLines(run.status.layers);
  const shown = below.length <= room ? below : [
    ...below.slice(0, Math.max(0, room - 1)),
    ` … and ${below.length - room + 1} layers more`,
  ];
  return [...above, ...shown].slice(0, rows).map((line) => cut(line, columns));
}

/** State of a run in one line. */
export function lineView(run: FollowedRun): string {
  const { status } = run;
  const frozen = status.layers.filter(({ isFrozen }) => isFrozen).length;
  return [
    `${lifeWords(run)}: ${placeWords(status)}`,
    `loss ${lossWords(status.deepestLoss)}`,
    `${frozen} of ${status.layers.length} layers frozen`,
    `${speedWords(status)} images/s`,
    `${secondsWords(status.secondsLeft)} left`,
  ].join(" · ");
}
