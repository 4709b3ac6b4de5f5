/** How values show themselves in a notebook. */

/** The method that Jupyter's kernel of Deno asks a value for when it shows it. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display");

/** One value in several forms, by MIME type; a notebook shows the richest that it knows. */
export type MediaBundle = Readonly<Record<string, string>>;

/** A value that shows itself in a notebook. */
export interface Displayed {
  /** Its forms. */
  [DISPLAY](): MediaBundle;
  /** Its plain form, what it is where there is no notebook. */
  toString(): string;
}

/** A picture that shows itself. */
export interface Picture extends Displayed {
  /** The picture as an SVG document, for a file or a page. */
  readonly svg: string;
}

/**
 * SVG text as a picture.
 *
 * @param svg An SVG document, as all functions of `@vitfreeze/vitfreeze/plot` give it.
 * @param words What it shows, for readers of plain text.
 *
 * @example
 * ```ts
 * import { DISPLAY, picture } from "@vitfreeze/vitfreeze/notebook";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const nothing = picture("<svg/>", "an empty picture");
 *
 * deepStrictEqual(nothing[DISPLAY](), {
 *   "image/svg+xml": "<svg/>",
 *   "text/plain": "an empty picture",
 * });
 * ```
 */
export function picture(svg: string, words: string = "a picture"): Picture {
  return {
    svg,
    [DISPLAY]: () => ({ "image/svg+xml": svg, "text/plain": words }),
    toString: () => svg,
  };
}

/** Text that a notebook shows as it is, line by line and without quotes. */
export function words(text: string): Displayed {
  return { [DISPLAY]: () => ({ "text/plain": text }), toString: () => text };
}
