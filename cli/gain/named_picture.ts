/** Pictures with what there is to say of them, and which pictures they show. */
import { permutation, rootKey } from "../../core/mod.ts";

/** A picture and what there is to say of it. */
export interface NamedPicture {
  /** Name of its file, without `.svg`. */
  readonly name: string;
  /** Heading above it. */
  readonly heading: string;
  /** How it is to be read. */
  readonly words: string;
  /** The picture for who cannot see it. */
  readonly alt: string;
  readonly svg: string;
}

/** Numbers of rows in an order without a pattern, the same one each time. */
export const shuffled = (count: number): Int32Array =>
  permutation(rootKey(0), count);

/**
 * Rows to look at: of as many classes as there can be, in turn.
 *
 * @param labels Class of each row; −1 for none.
 * @param most Rows at most.
 * @returns Numbers of rows, class by class.
 */
export function queriesAmong(
  labels: Int32Array,
  most: number,
): readonly number[] {
  const seen = new Map<number, number>();
  const turns = Array.from(shuffled(labels.length), (row) => {
    const label = labels[row] ?? -1;
    const turn = seen.get(label) ?? 0;
    seen.set(label, turn + 1);
    return { row, turn };
  });
  return turns.sort((a, b) => a.turn - b.turn)
    .slice(0, most)
    .map(({ row }) => row)
    .sort((a, b) => (labels[a] ?? -1) - (labels[b] ?? -1) || a - b);
}
