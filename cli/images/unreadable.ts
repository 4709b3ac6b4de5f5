/** Images of an evaluation that could not be read. */
import { type BadImages, badImages, type ImageSource } from "../../data/mod.ts";

/** The images of an evaluation, and those of them that could not be read. */
export interface EvaluatedImages {
  readonly train: ImageSource;
  readonly validation: ImageSource;
  readonly unreadable: {
    /** Of the training images. */
    readonly train: BadImages;
    readonly validation: BadImages;
  };
}

/** Images with empty lists. */
export const evaluatedImages = (
  train: ImageSource,
  validation: ImageSource,
): EvaluatedImages => ({
  train,
  validation,
  unreadable: {
    train: badImages(train.length),
    validation: badImages(validation.length),
  },
});

/**
 * Says which images could not be read, if there were any.
 *
 * @param purpose Purpose of the images, for example `to judge by`.
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

/** Reports the images of an evaluation that could not be read, and counts them. */
export function tellUnreadable(
  { unreadable: { train, validation } }: EvaluatedImages,
  say: (line: string) => void,
): {
  readonly unreadable?: { readonly train: number; readonly queries: number };
} {
  const lines = [
    describeUnreadable(train, "to learn from"),
    describeUnreadable(validation, "to judge by"),
  ];
  for (const line of lines) if (line !== null) say(line);
  const counts = {
    train: train.list().length,
    queries: validation.list().length,
  };
  return counts.train + counts.queries > 0 ? { unreadable: counts } : {};
}
