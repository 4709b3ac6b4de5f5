/**
 * A view that does nothing to pixels.
 *
 * @module
 */
import type { View } from "../../data/transforms/view.ts";

/** What a view has beside its geometry. */
export const PLAIN: Pick<View, "ops" | "interpolation" | "erased"> = {
  ops: [],
  interpolation: "bicubic",
  erased: null,
};
