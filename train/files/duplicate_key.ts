/**
 * Keys that JSON says twice.
 *
 * @module
 */

/** Index behind the text that begins with the quotation mark at `at`. */
function endOfText(json: string, at: number): number {
  for (let end = json.indexOf('"', at + 1);; end = json.indexOf('"', end + 1)) {
    let slashes = 0;
    while (json[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
}

/** The text between quotation marks. */
function textOf(quoted: string): string {
  return quoted.includes("\\")
    ? JSON.parse(quoted) as string
    : quoted.slice(1, -1);
}

/** Whether a colon follows, so that the text before is a key. */
function isKeyBefore(json: string, end: number): boolean {
  let at = end;
  while (" \t\n\r".includes(json[at] ?? "x")) at++;
  return json[at] === ":";
}

/**
 * The first key that an object in JSON has twice. `JSON.parse` keeps the last value
 * of such a key, other readers keep the first: two programs would read two things.
 *
 * @param json JSON that can be parsed.
 * @returns The key, or `null` if each object has each key once. Time is linear in the text.
 */
export function duplicateKey(json: string): string | null {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === "{" || character === "[") open.push(new Set());
    else if (character === "}" || character === "]") open.pop();
    if (character !== '"') continue;
    const end = endOfText(json, at);
    if (isKeyBefore(json, end)) {
      const key = textOf(json.slice(at, end));
      if (open.at(-1)?.has(key)) return key;
      open.at(-1)?.add(key);
    }
    at = end - 1;
  }
  return null;
}
