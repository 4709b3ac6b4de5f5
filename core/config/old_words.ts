/** Words of earlier versions in configurations. */
import type { WarmupMode } from "../schedule/annealing.ts";

/** Earlier words for the warm-up and those of today. */
export const EARLIER_WARMUP: Readonly<Record<"figure" | "code", WarmupMode>> = {
  figure: "perLayer",
  code: "shared",
};

const NEW_WORDS: ReadonlyMap<unknown, WarmupMode> = new Map(
  Object.entries(EARLIER_WARMUP),
);

function replaced(
  value: unknown,
  [key, ...rest]: readonly string[],
): unknown {
  if (key === undefined) return NEW_WORDS.get(value) ?? value;
  if (typeof value !== "object" || value === null) return value;
  const inner: unknown = Object.getOwnPropertyDescriptor(value, key)?.value;
  const now = replaced(inner, rest);
  return now === inner ? value : { ...value, [key]: now };
}

/**
 * A configuration with today's words for those of earlier versions: `rate.warmup` was
 * `figure` or `code`.
 *
 * @param input Anything, for example parsed JSON.
 * @param place Fields below which the configuration stands; by default it is the input.
 * @returns The input itself if there is no such word in it.
 */
export function withNewWords(
  input: unknown,
  ...place: readonly string[]
): unknown {
  return replaced(input, [...place, "rate", "warmup"]);
}

/**
 * Note on words of earlier versions in a configuration, which are still read.
 *
 * @param input Anything, for example parsed JSON.
 * @returns A sentence without its end, or `null` if there is no such word.
 */
export function renamedFields(input: unknown): string | null {
  if (withNewWords(input) === input) return null;
  const list = (words: readonly string[]): string => words.join(" and ");
  const [before, now] = [Object.keys, Object.values<string>]
    .map((of) => list(of(EARLIER_WARMUP)));
  return `the words ${before} for rate.warmup are ${now} now`;
}
