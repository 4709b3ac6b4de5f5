/**
 * The words of `node:assert/strict` that the contract uses, for a page.
 *
 * @module
 */

const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === "object" && x !== null;

/** Are two values of JSON, or of typed arrays, the same? */
function isSame(a: unknown, b: unknown): boolean {
  if (!isRecord(a) || !isRecord(b)) return Object.is(a, b);
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return Object.getPrototypeOf(a) === Object.getPrototypeOf(b) &&
    keys.length === others.length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]));
}

const shown = (x: unknown): string => JSON.stringify(x) ?? String(x);

/** Fails. */
export function fail(message: string): never {
  throw new Error(message);
}

/** Fails unless a value counts as true. */
export function ok(value: unknown, message = `${shown(value)} is not true`) {
  if (!value) fail(message);
}

/** Fails unless two values are the same. */
export function strictEqual(
  found: unknown,
  wanted: unknown,
  message = `${shown(found)} is not ${shown(wanted)}`,
) {
  if (!Object.is(found, wanted)) fail(message);
}

/** Fails unless two values have the same parts. */
export function deepStrictEqual(
  found: unknown,
  wanted: unknown,
  message = `${shown(found)} is not ${shown(wanted)}`,
) {
  if (!isSame(found, wanted)) fail(message);
}

/** What an error must be: of a class, or with these words. */
type Wanted = RegExp | ErrorConstructor | RangeErrorConstructor;

function checkThrown(thrown: readonly unknown[], wanted?: Wanted): void {
  if (thrown.length === 0) fail(`nothing fails, but ${wanted} is wanted`);
  const fits = wanted === undefined ||
    (wanted instanceof RegExp
      ? wanted.test(String(thrown[0]))
      : thrown[0] instanceof wanted);
  if (!fits) fail(`${thrown[0]}: not as ${wanted}`);
}

/** Fails unless something throws what is wanted. */
export function throws(run: () => unknown, wanted?: Wanted): void {
  const thrown: unknown[] = [];
  try {
    run();
  } catch (error) {
    thrown.push(error);
  }
  checkThrown(thrown, wanted);
}

/** Fails unless a promise is rejected with what is wanted. */
export async function rejects(
  promise: Promise<unknown> | (() => Promise<unknown>),
  wanted?: Wanted,
): Promise<void> {
  const thrown: unknown[] = [];
  try {
    await (typeof promise === "function" ? promise() : promise);
  } catch (error) {
    thrown.push(error);
  }
  checkThrown(thrown, wanted);
}
