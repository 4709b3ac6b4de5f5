/** What was found, for readers of JSON. */
import { gainOf, type Judged } from "./ways.ts";

/** Counts row by row. */
const rowsOf = (counts: Int32Array, width: number): readonly number[][] =>
  Array.from(
    { length: width },
    (_, row) => [...counts.subarray(row * width, (row + 1) * width)],
  );

/** Accuracies, classes and confusions of a classifier. */
export function judgedJson(
  { way, start, scores, facts }: Judged,
  names: readonly string[],
): object {
  const { byClass, confusion, ...all } = scores;
  return {
    ...{ way, start },
    ...all,
    byClass: byClass.map((share, label) => ({
      class: names[label] ?? String(label),
      ...share,
    })),
    confusion: rowsOf(confusion, byClass.length),
    settings: facts,
  };
}

/** Gains of the trained encoder over the other starts, in each way. */
export const gainsJson = (all: readonly Judged[]): readonly object[] =>
  all.filter(({ start }) => start === "trained").flatMap((trained) =>
    all.filter(({ way, start }) => way === trained.way && start !== "trained")
      .map((other) => ({
        way: other.way,
        over: other.start,
        ...gainOf(trained, other),
      }))
  );
