/** Advice on missing permissions of Deno. */

import { fileURLToPath } from "node:url";

/** Form of Deno's errors on permissions. */
const DENIAL =
  /Requires (\w+) access(?: to (?:"([^"]*)"|(\S+?)))?, run again with the --allow-\w+ flag/;

/** The same without the way to change it. */
const withoutRemedy = (message: string): string =>
  message.replaceAll(
    new RegExp(DENIAL, "g"),
    (clause) => clause.replace("Requires", "no").split(", run again")[0] ?? "",
  );

/** The folder of these programs. */
const TOP = fileURLToPath(new URL("../../", import.meta.url));

/** A worker reads the modules of this library one by one: their room is what it needs. */
function ofRoom(path: string): string {
  if (!path.startsWith(TOP) || !path.endsWith(".ts")) return path;
  const [room = ""] = path.slice(TOP.length).split(/[\\/]/);
  return TOP + room;
}

/**
 * Puts the missing permission before the reason why a program cannot go on.
 *
 * @returns `needs --allow-read=PATH: …` in one line, or the message as it is if no
 * permission is missing.
 */
export function withPermissionAdvice(message: string): string {
  const [clause, kind, quoted, bare] = DENIAL.exec(message) ?? [];
  if (clause === undefined) return message;
  const what = quoted ?? bare;
  const flag = `--allow-${kind}${what === undefined ? "" : `=${ofRoom(what)}`}`;
  const reason = withoutRemedy(message).replace(/\s*\n\s*/g, "; ");
  return `needs ${flag}: ${reason}`;
}

/** The last words for anything thrown. */
export function lastWords(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const advice = withPermissionAdvice(message);
  return advice === message ? `Cannot go on: ${message}` : advice;
}
