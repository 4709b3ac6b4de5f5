/** Images of an evaluation that could not be read. */
import { type BadImages, badImages, type ImageSource } from "../../data/mod.ts";

/** The images of an evaluation, and those of them that could not be read. */
export interface EvaluatedImages {
  readonly train: ImageSource;
  readonly queries: ImageSource;
  readonly unreadable: {
    /** Of the images to learn from. */
    readonly train: BadImages;
    readonly queries: BadImages;
  };
}

/** Images with empty lists. */
export const evaluatedImages = (
  train: ImageSource,
  queries: ImageSource,
): EvaluatedImages => ({
  train,
  queries,
  unreadable: {
    train: badImages(train.length),
    queries: badImages(queries.length),
  },
});

/**
 * Says which images could not be read, if there were any.
 *
 * @param purpose What the images are for, for example `to judge by`.
 */
export function describeUnreadable(
  bad: BadImages,
  purpose: string,
): string | null {
  const list = bad.list();
  const [first] = list;
  if (first === undefined) return null;
  const { image, reason } = first;
  const found = list.length === 1
    ? `one of the images ${purpose} could not be read: ${image}`
    : `${list.length} of the images ${purpose} could not be read, the first ${image}`;
  return `${found}: ${reason}`;
}

/** Says which images of an evaluation could not be read, and counts them. */
export function tellUnreadable(
  { unreadable: { train, queries } }: EvaluatedImages,
  say: (line: string) => void,
): {
  readonly unreadable?: { readonly train: number; readonly queries: number };
} {
  const lines = [
    describeUnreadable(train, "to learn from"),
    describeUnreadable(queries, "to judge by"),
  ];
  for (const line of lines) if (line !== null) say(line);
  const counts = { train: train.list().length, queries: queries.list().length };
  return counts.train + counts.queries > 0 ? { unreadable: counts } : {};
}
