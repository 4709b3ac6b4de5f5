/**
 * What to say when Deno was not given leave for something.
 *
 * @module
 */

/** How Deno's errors name what they want. */
const DENIAL =
  /Requires (\w+) access(?: to (?:"([^"]*)"|(\S+?)))?, run again with the --allow-\w+ flag/;

/**
 * Puts the missing permission before the reason why a program cannot go on.
 *
 * @param message Why it cannot.
 * @returns `needs --allow-read=PATH: …` in one line, or the message as it is if no
 * permission is missing.
 */
export function withPermissionAdvice(message: string): string {
  const [clause, kind, quoted, bare] = DENIAL.exec(message) ?? [];
  if (clause === undefined) return message;
  const what = quoted ?? bare;
  const flag = `--allow-${kind}${what === undefined ? "" : `=${what}`}`;
  const [access = ""] = clause.replace("Requires", "no").split(", run again");
  const reason = message.replace(clause, access).replace(/\s*\n\s*/g, "; ");
  return `needs ${flag}: ${reason}`;
}

/**
 * The last words for anything thrown.
 *
 * @param thrown What a library or the runtime threw.
 */
export function lastWords(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const advice = withPermissionAdvice(message);
  return advice === message ? `Cannot go on: ${message}` : advice;
}
