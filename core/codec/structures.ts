/** Codecs of lists, records and unions of records. */
import {
  type AnyCodec,
  type Codec,
  codecOf,
  findingOf,
  type Findings,
  findingsAt,
  type Place,
  unwanted,
} from "./codec.ts";
import { nearestHint } from "./nearest.ts";
import type { Fault } from "../result.ts";

/** Codec of every member of a record. */
export type FieldCodecs<A> = { readonly [K in keyof A]-?: Codec<A[K]> };

type UnknownRecord = Readonly<Record<string, unknown>>;

const isRecord = (found: unknown): found is UnknownRecord =>
  typeof found === "object" && found !== null && !Array.isArray(found);

/**
 * Lists of at least one item.
 *
 * @param most Most items, any number when left out; those of a longer list are not looked at.
 */
export function listOf<A>(
  item: Codec<A>,
  most: number = Infinity,
): Codec<readonly A[]> {
  const wanted = most === Infinity
    ? "a list of at least one item"
    : `a list of 1 to ${most} items`;
  return codecOf(wanted, (found, place) => {
    if (!Array.isArray(found)) return unwanted(found, place, "WrongType");
    if (found.length === 0 || found.length > most) {
      return unwanted(found, place, "OutOfRange");
    }
    return found.flatMap((value: unknown, i) =>
      findingsAt(String(i), item, value, place)
    );
  });
}

const unknownFields = (
  found: UnknownRecord,
  known: readonly string[],
  place: Place,
): Findings =>
  Object.keys(found).filter((key) => !known.includes(key)).flatMap((key) =>
    findingOf({
      _tag: "UnknownField",
      path: key,
      found: found[key],
      wanted: `no such field${nearestHint(key, known, (best) => `"${best}"`)}`,
    }, place)
  );

/**
 * Records with exactly these fields: a field that is missing or unknown is a
 * fault like a bad value.
 */
export function recordOf<A extends object>(fields: FieldCodecs<A>): Codec<A> {
  const codecs: Readonly<Record<string, AnyCodec>> = fields;
  const known = Object.keys(codecs);
  return codecOf(
    `an object with ${known.join(", ")}`,
    (found, place) =>
      isRecord(found)
        ? [
          ...Object.entries(codecs).flatMap(([key, codec]) =>
            findingsAt(key, codec, found[key], place)
          ),
          ...unknownFields(found, known, place),
        ]
        : unwanted(found, place, "WrongType"),
  );
}

/** A field that may be missing, where its type says so too. */
export function optional<A>(codec: Codec<A>): Codec<A | undefined> {
  return codecOf(
    codec.name,
    (found, place) =>
      found === undefined ? [] : findingsAt("", codec, found, place),
  );
}

/** Accepts `null` and what a codec accepts, in whose words the rest is refused. */
export function nullable<A>(codec: Codec<A>): Codec<A | null> {
  return codecOf(
    codec.name,
    (found, place) => found === null ? [] : findingsAt("", codec, found, place),
  );
}

/**
 * Records told apart by one of their fields.
 *
 * @param key Name of the field.
 * @param cases Codec for each value of it; it accepts the field itself too.
 */
export function unionBy<
  Key extends string,
  A extends { readonly [K in Key]: string },
>(
  key: Key,
  cases: {
    readonly [Name in A[Key]]: Codec<Extract<A, { readonly [K in Key]: Name }>>;
  },
): Codec<A> {
  const codecs: ReadonlyMap<unknown, AnyCodec> = new Map(Object.entries(cases));
  const names = [...codecs.keys()].map((name) => JSON.stringify(name));
  return codecOf(
    `an object with ${key} ${names.join(" or ")}`,
    (found, place) => {
      if (!isRecord(found)) return unwanted(found, place, "WrongType");
      const name = found[key];
      const codec = codecs.get(name);
      return codec !== undefined
        ? findingsAt("", codec, found, place)
        : findingOf({
          _tag: typeof name === "string" ? "OutOfRange" : "WrongType",
          path: key,
          found: name,
          wanted: names.join(" or "),
        }, place);
    },
  );
}

/**
 * Records told apart by their field `_tag`.
 *
 * @param cases Codec of each tag; it accepts `_tag` itself too.
 */
export const taggedUnion = <A extends { readonly _tag: string }>(
  cases: { readonly [Tag in A["_tag"]]: Codec<Extract<A, { _tag: Tag }>> },
): Codec<A> => unionBy<"_tag", A>("_tag", cases);

/**
 * A codec that also asks for what several fields together must keep.
 *
 * @param faultsOf Faults of a value whose fields are right; paths start at the value.
 */
export function refined<A>(
  codec: Codec<A>,
  faultsOf: (value: A) => readonly Fault[],
): Codec<A> {
  return codecOf(codec.name, (found, place) => {
    const findings = findingsAt("", codec, found, place);
    return findings.length > 0 || !codec.is(found)
      ? findings
      : faultsOf(found).flatMap((fault) => findingOf(fault, place));
  });
}
