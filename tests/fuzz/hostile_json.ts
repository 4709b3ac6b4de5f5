/**
 * JSON documents in which something is not as it should be.
 *
 * @module
 */
import fc from "fast-check";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A change of a document at one of its places. */
type Edit =
  | { readonly at: number; readonly kind: "replace"; readonly value: Json }
  | { readonly at: number; readonly kind: "remove" }
  | { readonly at: number; readonly kind: "repeat"; readonly times: number }
  | { readonly at: number; readonly kind: "add"; readonly key: string }
  | { readonly at: number; readonly kind: "copy"; readonly from: number };

/** So many lists, one in the other. */
const nested = (depth: number): Json =>
  JSON.parse("[".repeat(depth) + "]".repeat(depth));

/** Numbers at the ends of ranges and far behind them. */
const NUMBERS = [
  ...[0, -0, -1, 0.5, 1, 2, 3, 1e-308, 1e308, -1e308],
  ...[2 ** 16, 2 ** 31, 2 ** 32, 1e9, 1e15, 2 ** 53 - 1, 2 ** 53, 2 ** 60],
];

const KEYS = [
  "__proto__",
  "constructor",
  "toString",
  "",
  "_tag",
  "0",
  "length",
];

const TEXTS = ["", "x".repeat(3000), "\u001b[2J\u0007", "a\nb", "\u202e", "1"];

const hostile: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Json[]>(...NUMBERS) },
  { weight: 2, arbitrary: fc.constantFrom<Json[]>(null, true, [], {}) },
  { weight: 2, arbitrary: fc.constantFrom<Json[]>(...TEXTS) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(1, 64, 5000).map(nested),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(2, 65, 3000).map((length) =>
      Array<Json>(length).fill(1)
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...KEYS).map((key) =>
      JSON.parse(`{${JSON.stringify(key)}: {"x": 1}}`)
    ),
  },
  { weight: 3, arbitrary: fc.jsonValue() as fc.Arbitrary<Json> },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
);

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      at: place,
      kind: fc.constant("replace" as const),
      value: hostile,
    }),
  },
  fc.record({ at: place, kind: fc.constant("remove" as const) }),
  fc.record({
    at: place,
    kind: fc.constant("repeat" as const),
    times: fc.constantFrom(1, 2, 600),
  }),
  fc.record({
    at: place,
    kind: fc.constant("add" as const),
    key: fc.oneof(fc.constantFrom(...KEYS, ...TEXTS), fc.string()),
  }),
  fc.record({ at: place, kind: fc.constant("copy" as const), from: place }),
);

/** A list or object and a key of it. */
type Place = readonly [parent: Record<string, Json>, key: string];

/** Every place of a document; not deeper than real documents are. */
function placesIn(value: Json, depth = 0): readonly Place[] {
  if (typeof value !== "object" || value === null || depth > 8) return [];
  const parent = value as Record<string, Json>;
  return Object.keys(parent).slice(0, 200).flatMap((key) => [
    [parent, key] as const,
    ...placesIn(parent[key] as Json, depth + 1),
  ]);
}

/** Sets a key as JSON does: `__proto__` too is an own one. */
const put = (parent: object, key: string, value: Json): void =>
  void Object.defineProperty(parent, key, {
    value,
    ...{ enumerable: true, configurable: true, writable: true },
  });

/** A copy; `structuredClone` cannot go deep. */
const copied = (value: Json): Json => JSON.parse(JSON.stringify(value));

function apply(document: Json, change: Edit): void {
  const places = placesIn(document);
  const chosen = places[Math.floor(change.at * places.length)];
  if (chosen === undefined) return;
  const [parent, key] = chosen;
  if (change.kind === "replace") put(parent, key, change.value);
  if (change.kind === "remove") delete parent[key];
  if (change.kind === "add" && !Array.isArray(parent)) {
    put(parent, change.key, 1);
  }
  if (change.kind === "copy") {
    const other = places[Math.floor(change.from * places.length)];
    if (other !== undefined) {
      put(parent, key, copied(other[0][other[1]] ?? 0));
    }
  }
  if (change.kind === "repeat" && Array.isArray(parent)) {
    const item = parent[key as unknown as number];
    for (let i = 0; i < change.times; i++) parent.push(item ?? null);
  }
}

/**
 * Copies of a document with one to four changes: values replaced by hostile ones,
 * fields removed, added or taken from elsewhere, items of lists repeated.
 *
 * @param document What JSON can say, sound.
 * @returns What `JSON.parse` gives for a document that nobody checked.
 */
export function hostileJson(document: unknown): fc.Arbitrary<unknown> {
  const text = JSON.stringify(document);
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((changes) => {
    const copy = { root: JSON.parse(text) as Json };
    for (const change of changes) apply(copy, change);
    return JSON.parse(JSON.stringify(copy.root ?? null)) as unknown;
  });
}
