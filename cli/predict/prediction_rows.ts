/** Predictions as rows of a table, and as JSON. */
import type { Prediction, UnreadablePicture } from "../../train/mod.ts";
import { csvRow } from "../output/csv.ts";

/** A picture's classes, or why it could not be read. */
export type Predicted = Prediction | UnreadablePicture;

/** True where a picture could not be read. */
export const isUnreadable = (one: Predicted): one is UnreadablePicture =>
  "reason" in one;

/** The head of the table: a pair of columns for each class that is named. */
export function predictionHead(top: number): string {
  const pairs = Array.from({ length: top }, (_, k) => {
    const number = k === 0 ? "" : `_${k + 1}`;
    return [`class${number}`, `probability${number}`];
  });
  return csvRow(["path", ...pairs.flat(), "error"]);
}

/** Digits of a probability behind the point. */
const DIGITS = 4;

/** A picture as a row: its classes, or the reason in the last column. */
export function predictionRow(one: Predicted, top: number): string {
  const classes = isUnreadable(one) ? [] : one.classes;
  const pairs = Array.from({ length: top }, (_, k) => {
    const { name = "", probability } = classes[k] ?? {};
    return [name, probability?.toFixed(DIGITS) ?? ""];
  });
  const error = isUnreadable(one) ? one.reason : "";
  return csvRow([one.path, ...pairs.flat(), error]);
}

/** A picture in JSON. */
export const predictionJson = (one: Predicted): object =>
  isUnreadable(one) ? { path: one.path, error: one.reason } : one;
