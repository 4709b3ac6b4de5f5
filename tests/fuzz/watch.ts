/**
 * What a reader may cost and say, whatever it is given.
 *
 * @module
 */
import { ok } from "node:assert/strict";

const CONSTRUCTORS = [
  "ArrayBuffer",
  "Uint8Array",
  "Uint16Array",
  "Uint32Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
] as const;

/** Bytes that were asked for since the watch began. */
let asked = 0;

/** A constructor that counts the bytes of what it makes, before it is made. */
function counting<Make extends new (...args: never[]) => object>(
  make: Make,
): Make {
  const width = (make as unknown as { BYTES_PER_ELEMENT?: number })
    .BYTES_PER_ELEMENT ?? 1;
  return new Proxy(make, {
    construct: (target, args, newTarget) => {
      const [first] = args as unknown[];
      const length = typeof first === "number"
        ? first
        : Array.isArray(first) || ArrayBuffer.isView(first)
        ? (first as unknown as ArrayLike<unknown>).length
        : 0;
      asked += length * width;
      return Reflect.construct(target, args, newTarget);
    },
  });
}

/**
 * Bytes of typed arrays that a function asks for, also where it gets none.
 *
 * @param run What is watched; nothing else may run beside it.
 */
export async function bytesAskedBy(run: () => unknown): Promise<number> {
  const scope = globalThis as unknown as Record<
    string,
    new (...args: never[]) => object
  >;
  const originals = CONSTRUCTORS.map((name) => [name, scope[name]!] as const);
  asked = 0;
  try {
    for (const [name, make] of originals) scope[name] = counting(make);
    await run();
    return asked;
  } finally {
    for (const [name, make] of originals) scope[name] = make;
  }
}

/** Most milliseconds of one case, on a busy machine. */
const LONGEST = 20_000;

/**
 * Runs a reader. It must not throw, take long, or ask for much memory.
 *
 * @param most Most bytes of typed arrays that it may ask for.
 * @param read The reader.
 * @returns What it gives.
 */
export async function watched<A>(
  most: number,
  read: () => A | Promise<A>,
): Promise<A> {
  const start = performance.now();
  let given: { readonly value: A } | null = null;
  const bytes = await bytesAskedBy(async () => {
    given = { value: await read() };
  });
  const ms = performance.now() - start;
  ok(ms < LONGEST, `took ${Math.round(ms)} ms`);
  ok(bytes <= most, `asked for ${bytes} bytes, may for ${most}`);
  return given!["value"];
}

/**
 * Checks that a reason is one that a user can be shown: of sane length, without
 * signs of a program that stumbled, and without characters that a terminal obeys.
 *
 * @param text What an error says.
 */
export function checkReason(text: string): void {
  ok(text.length > 10 && text.length < 40_000, text.slice(0, 200));
  ok(
    // Between quotes it is what was given.
    !/(?<!")(undefined|NaN)(?!")|\[object|Maximum call stack|is not iterable/
      .test(text),
    text.slice(0, 2000),
  );
  ok(
    !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text.replaceAll("\n", "")),
    JSON.stringify(text).slice(0, 2000),
  );
}
