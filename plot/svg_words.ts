/** Words from outside, made fit for an SVG document. */
import { printable } from "../core/mod.ts";

/**
 * Text that XML does not take for its own: printable, with `&`, `<`, `>` and quotes as
 * entities.
 */
export const xmlText = (text: string): string =>
  printable(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/**
 * Text of at most so many characters: of a longer one the beginning and the end, which
 * often tell names apart.
 *
 * @param most Characters, at least 3.
 */
export function shortened(text: string, most: number): string {
  const letters = Array.from(text);
  if (letters.length <= most) return text;
  const end = Math.floor((most - 1) / 3);
  return [
    ...letters.slice(0, most - 1 - end),
    "…",
    ...end === 0 ? [] : letters.slice(-end),
  ].join("");
}
