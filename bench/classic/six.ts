/** The six configurations of the experiment. */

/** One configuration. */
export interface Classic {
  /** Name, as tables of the experiment have it. */
  readonly name: string;
  /** Flags of `cli/main.ts classic`. */
  readonly flags: readonly string[];
}

const OPTIMIZERS = { "SGD": "sgd", "AdamW": "adamw" } as const;

const FREEZING = {
  "no FreezeOut (t0 = 1)": ["--t0", "1"],
  "FreezeOut (t0 = 0.8)": ["--t0", "0.8"],
  "FreezeOut (t0 = 0.8), no scale LR": ["--t0", "0.8", "--lr-mode", "unscaled"],
} as const;

/** Two optimizers, each without freezing, with it, and with rates that are not scaled. */
export const SIX: readonly Classic[] = Object.entries(OPTIMIZERS).flatMap(
  ([optimizer, word]) =>
    Object.entries(FREEZING).map(([freezing, flags]) => ({
      name: `${optimizer} + ${freezing}`,
      flags: ["--optimizer", word, ...flags],
    })),
);

const percent = (part: unknown): string =>
  typeof part === "number" ? (100 * part).toFixed(2).padStart(6) : "     –";

/**
 * A line for people: errors at 80 % and at the end, the best and its epoch, time saved.
 *
 * @param name The configuration.
 * @param result Last line of its training.
 */
export function errorLine(
  name: string,
  result: Readonly<Record<string, unknown>>,
): string {
  const { at80, at100, best, bestEpoch, measuredSaving } = result;
  return `${name.padEnd(42)}${[at80, at100, best].map(percent).join(" ")} (${
    String(bestEpoch)
  })  time saved ${percent(measuredSaving)} %`;
}
