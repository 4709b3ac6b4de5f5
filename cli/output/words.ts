/** Numbers and times as the program prints them. */
import { percent } from "../../core/mod.ts";

export {
  chosenPercent,
  duration,
  inPercent,
  percent,
  thousands,
  UNKNOWN,
} from "../../core/mod.ts";

/**
 * What a run that may cost as much as an unfrozen one does with what freezing saves.
 *
 * @param unfrozen Epochs of the unfrozen run.
 * @param epochs Its own.
 * @param saving Part of the operations that freezing saves.
 */
export function sameCostWords(
  unfrozen: number,
  epochs: number,
  saving: number,
): string {
  if (epochs > unfrozen) {
    return `${unfrozen} epochs → ${epochs}: the cost of ${unfrozen} without freezing`;
  }
  const why = saving > 0
    ? `freezing saves ${percent(saving)}, which is less than one more costs`
    : "nothing is saved";
  return `${unfrozen} epochs stay: ${why}`;
}
