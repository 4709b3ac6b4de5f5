/** What a classifier names rightly, as a whole and class by class. */
import { type Interval, wilsonInterval } from "./intervals.ts";

/**
 * The class with the highest score of each sample; of equal scores the earlier class.
 *
 * @param scores `[count, classes]`, row-major; larger is likelier.
 * @param classes Number of classes, at least 1.
 * @returns Classes, `[count]`; −1 where a score is not a number.
 */
export function predictedClasses(
  scores: ArrayLike<number>,
  classes: number,
): Int32Array {
  return Int32Array.from({ length: scores.length / classes }, (_, sample) => {
    let best = 0;
    for (let c = 0; c < classes; c++) {
      const score = scores[sample * classes + c] ?? NaN;
      if (Number.isNaN(score)) return -1;
      if (score > (scores[sample * classes + best] ?? NaN)) best = c;
    }
    return best;
  });
}

/**
 * Counts of true and named classes.
 *
 * @param labels True classes, `[count]`; samples of a class outside `[0, classes)` are left out.
 * @param predictions Named classes, `[count]`; one outside `[0, classes)` is in no column.
 * @param classes Number of classes.
 * @returns `[classes, classes]`: a row for each true class, a column for each named one.
 *
 * @example One of two cats is taken for a dog
 * ```ts
 * import { confusionMatrix } from "@vitfreeze/vitfreeze/evaluate";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const [cat, dog] = [0, 1];
 * const labels = Int32Array.of(cat, cat, dog);
 * const named = Int32Array.of(cat, dog, dog);
 * deepStrictEqual([...confusionMatrix(labels, named, 2)], [1, 1, 0, 1]);
 * ```
 */
export function confusionMatrix(
  labels: Int32Array,
  predictions: Int32Array,
  classes: number,
): Int32Array {
  const counts = new Int32Array(classes * classes);
  const isClass = (label: number) => label >= 0 && label < classes;
  labels.forEach((label, i) => {
    const named = predictions[i] ?? -1;
    if (isClass(label) && isClass(named)) counts[label * classes + named]!++;
  });
  return counts;
}

/** What was named rightly of some samples. */
export interface FoundShare {
  /** Samples. */
  readonly count: number;
  /** Those that were named rightly. */
  readonly found: number;
  /** `found / count`, in `[0, 1]`; `NaN` without samples. */
  readonly accuracy: number;
  /** Wilson's interval of 95 % of the accuracy. */
  readonly interval: Interval;
}

/** What a classifier names rightly. */
export interface ClassScores extends FoundShare {
  /**
   * Mean of the accuracies of the classes that have samples: every class counts alike,
   * however many samples it has. `NaN` without samples.
   */
  readonly balanced: number;
  /** The same for the samples of each class. */
  readonly byClass: readonly FoundShare[];
  /** `[classes, classes]`: a row for each true class, a column for each named one. */
  readonly confusion: Int32Array;
}

const shareOf = (found: number, count: number): FoundShare => ({
  count,
  found,
  accuracy: found / count,
  interval: wilsonInterval(found, count),
});

/**
 * Accuracy, balanced accuracy, accuracy by class and confusion matrix.
 *
 * @param labels True classes, `[count]`; samples of a class outside `[0, classes)` are left out.
 * @param predictions Named classes, `[count]`; one outside `[0, classes)` is wrong.
 * @param classes Number of classes.
 *
 * @example Naming everything the frequent class is accurate, but not balanced
 * ```ts
 * import { classScores } from "@vitfreeze/vitfreeze/evaluate";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const labels = Int32Array.of(0, 0, 0, 1);
 * const { accuracy, balanced } = classScores(labels, new Int32Array(4), 2);
 * deepStrictEqual([accuracy, balanced], [0.75, 0.5]);
 * ```
 */
export function classScores(
  labels: Int32Array,
  predictions: Int32Array,
  classes: number,
): ClassScores {
  const confusion = confusionMatrix(labels, predictions, classes);
  const byClass = Array.from({ length: classes }, (_, label) =>
    shareOf(
      confusion[label * classes + label] ?? 0,
      labels.filter((one) => one === label).length,
    ));
  const sum = (of: (share: FoundShare) => number): number =>
    byClass.reduce((total, share) => total + of(share), 0);
  const known = byClass.filter(({ count }) => count > 0);
  return {
    ...shareOf(sum(({ found }) => found), sum(({ count }) => count)),
    balanced: known.reduce((total, { accuracy }) => total + accuracy, 0) /
      known.length,
    ...{ byClass, confusion },
  };
}
