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

const FONT = "font-family=\"system-ui, 'DejaVu Sans', sans-serif\"";

/**
 * Words in a picture.
 *
 * @param place Left end of their base line, or where `anchor` says.
 * @param size Height of the letters, pixels.
 * @param fill Colour.
 */
export const wordsAt = (
  [x, y]: readonly [x: number, y: number],
  size: number,
  fill: string,
  text: string,
  anchor: "start" | "middle" | "end" = "start",
): string =>
  `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}"${
    anchor === "start" ? "" : ` text-anchor="${anchor}"`
  } ${FONT}>${xmlText(text)}</text>`;
