/** Origin of numbers that are not finite. */
import type { StageScale } from "../../core/mod.ts";

/** Kind of the numbers that are not finite. */
export type OriginKind = "images" | "parameter" | "activation" | "gradient";

/** Origin of numbers that are not finite. */
export interface Origin {
  /** The first stage whose loss is not finite, and its scale; `null` if all are. */
  readonly stage: { readonly index: number; readonly scale: StageScale } | null;
  /**
   * The first that is not finite, in the order in which a step meets them: images,
   * parameters, activations of the forward pass, gradients of the backward pass, which
   * begins at the losses. `null` if it was not found.
   */
  readonly first: {
    /** Its kind. */
    readonly kind: OriginKind;
    /** Its name, or the number of the sample. */
    readonly name: string;
    /** The part of the model and its layer, in words; empty for images. */
    readonly part: string;
  } | null;
}

const NAMED: Readonly<Record<OriginKind, string>> = {
  images: "the image of sample",
  parameter: "the parameter",
  activation: "the activation",
  gradient: "the gradient of",
};

/**
 * Text of an origin, behind a sentence that says what happened.
 *
 * @returns Clauses that begin with a semicolon, or nothing.
 */
export function describeOrigin({ stage, first }: Origin): string {
  const clauses = [
    ...stage === null
      ? []
      : [`the first such stage is ${stage.index + 1} (scale ${stage.scale})`],
    ...first === null ? [] : [
      `the first number that is not finite is in ${
        NAMED[first.kind]
      } ${first.name}${first.part === "" ? "" : ` (${first.part})`}`,
    ],
  ];
  return clauses.map((clause) => `; ${clause}`).join("");
}
