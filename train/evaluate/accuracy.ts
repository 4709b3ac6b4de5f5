/** Accuracy of scores, and the accuracy that needs no learning. */

/**
 * Number of samples whose class is among those with the `top` highest scores. Of
 * equal scores that of the earlier class is the higher.
 *
 * @param scores `[count, classes]`, row-major; larger is likelier.
 * @param labels True classes, `[count]`; a sample of a class outside `[0, classes)` never counts as found.
 * @param classes Number of classes.
 * @param top Count of classes that may be named, at least 1.
 */
export function foundAmong(
  scores: ArrayLike<number>,
  labels: Int32Array,
  classes: number,
  top: number,
): number {
  const isFound = (label: number, sample: number): boolean => {
    if (label < 0 || label >= classes) return false;
    const start = sample * classes;
    const own = scores[start + label] ?? NaN;
    let higher = 0;
    for (let c = 0; c < classes; c++) {
      const score = scores[start + c] ?? NaN;
      if (!(score < own) && (score !== own || c < label)) higher++;
    }
    return higher < top;
  };
  return labels.filter(isFound).length;
}

/**
 * Part of the samples whose class is among those with the `top` highest scores. Of
 * equal scores that of the earlier class is the higher.
 *
 * @param scores `[count, classes]`, row-major; larger is likelier.
 * @param labels True classes, `[count]`; a sample of a class outside `[0, classes)` never counts as found.
 * @param classes Number of classes.
 * @param top Count of classes that may be named, at least 1.
 * @returns Accuracy in `[0, 1]`; `NaN` without samples.
 */
export const topAccuracy = (
  scores: ArrayLike<number>,
  labels: Int32Array,
  classes: number,
  top: number,
): number => foundAmong(scores, labels, classes, top) / labels.length;

/**
 * Part of the samples that are of the most frequent class: the accuracy of answering
 * that class for everything.
 *
 * @param labels Classes from 0; negative or `null` for none, which no answer finds.
 * @returns In `[0, 1]`; `NaN` without samples.
 */
export function mostFrequentShare(labels: Iterable<number | null>): number {
  const counts = new Map<number, number>();
  let samples = 0;
  for (const label of labels) {
    samples++;
    if (label === null || label < 0) continue;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return samples === 0 ? NaN : Math.max(0, ...counts.values()) / samples;
}

/** Parts of samples whose class is among the first. */
export interface TopAccuracies {
  /** Share of samples whose class has the highest score, in `[0, 1]`. */
  readonly top1: number;
  /** Share of samples whose class is among the five highest scores, in `[0, 1]`. */
  readonly top5: number;
}

/** Both accuracies of scores `[count, classes]`; `NaN` without samples. */
export const topAccuracies = (
  scores: ArrayLike<number>,
  labels: Int32Array,
  classes: number,
): TopAccuracies => ({
  top1: topAccuracy(scores, labels, classes, 1),
  top5: topAccuracy(scores, labels, classes, 5),
});
