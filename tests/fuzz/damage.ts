/**
 * Damaged files: bytes changed, cut out, put in, or cut off.
 *
 * @module
 */
import fc from "fast-check";

/** A change of a file. */
type Edit =
  | { readonly at: number; readonly set: number }
  | { readonly at: number; readonly cut: number }
  | { readonly at: number; readonly put: Uint8Array }
  | { readonly keep: number };

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({
    at: place,
    set: fc.oneof(fc.nat(255), fc.constantFrom(0, 127, 128, 255)),
  }),
  fc.record({ at: place, cut: fc.integer({ min: 1, max: 600 }) }),
  fc.record({ at: place, put: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
  fc.record({ keep: place }),
);

const edits = fc.array(edit, { minLength: 1, maxLength: 6 });

/** Bytes one behind the other. */
function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

function edited(
  bytes: Uint8Array<ArrayBuffer>,
  change: Edit,
): Uint8Array<ArrayBuffer> {
  if ("keep" in change) {
    return bytes.slice(0, Math.floor(change.keep * bytes.length));
  }
  const at = Math.floor(change.at * bytes.length);
  if ("set" in change) {
    const copy = bytes.slice();
    if (at < copy.length) copy[at] = change.set;
    return copy;
  }
  return "cut" in change
    ? joined(bytes.subarray(0, at), bytes.subarray(at + change.cut))
    : joined(bytes.subarray(0, at), change.put, bytes.subarray(at));
}

/** Lets fast-check print what was changed instead of the whole file. */
function told(
  bytes: Uint8Array<ArrayBuffer>,
  changes: readonly Edit[],
): Uint8Array<ArrayBuffer> {
  const text = `${bytes.length} bytes after ${JSON.stringify(changes)}`;
  return Object.defineProperty(bytes, fc.toStringMethod, { value: () => text });
}

/**
 * Copies of a file, each with one to six changes.
 *
 * @param whole The file.
 */
export function damaged(
  whole: Uint8Array,
): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return edits.map((changes) =>
    told(changes.reduce(edited, joined(whole)), changes)
  );
}
