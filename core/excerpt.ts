/** Text from outside, made fit for a message. */

/** A longer piece of text is cut, characters. */
const LONGEST = 120;

const escaped = (character: string): string =>
  `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/**
 * Text without invisible characters and those that control a terminal, such as
 * control codes, line ends and marks that turn the direction of writing: each is
 * written as its number.
 *
 * @returns One line.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escaped);
}

/** The same for a message of several lines: their ends are kept. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/**
 * The beginning of a text, printable.
 *
 * @returns At most 120 characters before they are made printable, with `...` where more followed.
 */
export function excerpt(text: string): string {
  return printable(
    text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text,
  );
}

/**
 * A value as a message shows it: `nothing` for what is missing, numbers as they
 * are, other things as the beginning of their JSON.
 */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  return excerpt(JSON.stringify(value) ?? String(value));
}
