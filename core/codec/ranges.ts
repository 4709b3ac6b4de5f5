/** Ranges of numbers that many fields share. */
import { type Codec, numberIn } from "./codec.ts";

/** Accepts numbers of at least 0. */
export const NOT_NEGATIVE: Codec<number> = numberIn(
  "a number of at least 0",
  (value) => value >= 0,
);

/** Accepts numbers above 0. */
export const POSITIVE: Codec<number> = numberIn(
  "a number above 0",
  (value) => value > 0,
);

/** Accepts parts of which some is left each time. */
export const DECAY: Codec<number> = numberIn(
  "a number in [0, 1)",
  (value) => value >= 0 && value < 1,
);

/** Accepts parts of a whole. */
export const PART: Codec<number> = numberIn(
  "a number in [0, 1]",
  (value) => value >= 0 && value <= 1,
);
