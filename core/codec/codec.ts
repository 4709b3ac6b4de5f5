/**
 * Checks of untrusted data; io-ts stays inside this file.
 *
 * A codec never converts, clips or completes: what it accepts is what was given.
 */
import * as t from "npm:io-ts@2.2.22";
import { E, pipe } from "../fp.ts";
import type { Fault, Faults, Result } from "../result.ts";

/** Accepts exactly the values of `A`; its name says in words what it accepts. */
export type Codec<A> = t.Type<A, unknown, unknown>;

/** A codec whose type does not matter. */
// deno-lint-ignore no-explicit-any -- io-ts types are invariant, so `unknown` would accept none of them.
export type AnyCodec = t.Type<any, unknown, unknown>;

/** Place in the input at which a codec looks. */
export type Place = t.Context;

/** Faults, as io-ts carries them: the tag in the message, the wanted text in the last type's name. */
export type Findings = t.Errors;

/**
 * A codec from its faults.
 *
 * @param findingsIn Faults of a value; none means that it is an `A`.
 */
export function codecOf<A>(
  wanted: string,
  findingsIn: (found: unknown, place: Place) => Findings,
): Codec<A> {
  return new t.Type<A, unknown, unknown>(
    wanted,
    (found): found is A => findingsIn(found, []).length === 0,
    (found, place) => {
      const findings = findingsIn(found, place);
      return findings.length === 0
        ? t.success(found as A)
        : t.failures(findings);
    },
    (value) => value,
  );
}

/** Says that the value at a place is not what the place's codec wants. */
export function unwanted(
  found: unknown,
  place: Place,
  tag: Fault["_tag"],
): Findings {
  return [{ value: found, context: place, message: tag }];
}

/** Findings of a codec in a member of a record or list. */
export function findingsAt(
  key: string,
  codec: AnyCodec,
  found: unknown,
  place: Place,
): Findings {
  return pipe(
    codec.validate(found, t.appendContext(place, key, codec, found)),
    E.match((findings: Findings) => findings, () => []),
  );
}

/** A fault below a place, as a finding. */
export function findingOf(fault: Fault, place: Place): Findings {
  const { path, found, wanted, _tag } = fault;
  const codec = codecOf(wanted, (value, at) => unwanted(value, at, _tag));
  return findingsAt(path, codec, found, place);
}

/**
 * Finite numbers of a range.
 *
 * @param wanted The range in words, for example `a number in (0, 1]`.
 */
export function numberIn(
  wanted: string,
  holds: (value: number) => boolean,
): Codec<number> {
  return codecOf(
    wanted,
    (found, place) =>
      typeof found !== "number"
        ? unwanted(found, place, "WrongType")
        : Number.isFinite(found) && holds(found)
        ? []
        : unwanted(found, place, "OutOfRange"),
  );
}

/** Accepts numbers of at least 0. */
export const NOT_NEGATIVE: Codec<number> = numberIn(
  "a number of at least 0",
  (value) => value >= 0,
);

/** Accepts numbers above 0. */
export const POSITIVE: Codec<number> = numberIn(
  "a number above 0",
  (value) => value > 0,
);

/** Accepts parts of which some is left each time. */
export const DECAY: Codec<number> = numberIn(
  "a number in [0, 1)",
  (value) => value >= 0 && value < 1,
);

/** Accepts parts of a whole. */
export const PART: Codec<number> = numberIn(
  "a number in [0, 1]",
  (value) => value >= 0 && value <= 1,
);

/** Whole numbers from `least` on that float64 counts exactly. */
export function wholeFrom(least: number): Codec<number> {
  return numberIn(
    `a whole number of at least ${least}`,
    (value) => Number.isSafeInteger(value) && value >= least,
  );
}

/** Whole numbers of a range. */
export function wholeBetween(least: number, most: number): Codec<number> {
  return numberIn(
    `a whole number in [${least}, ${most}]`,
    (value) => Number.isInteger(value) && value >= least && value <= most,
  );
}

/** A few words, numbers or truth values. */
export function oneOf<A extends string | number | boolean>(
  ...values: readonly [A, ...A[]]
): Codec<A> {
  const wanted = values.map((value) => JSON.stringify(value)).join(" or ");
  return codecOf(
    wanted,
    (found, place) =>
      values.some((value) => value === found) ? [] : unwanted(
        found,
        place,
        typeof found === typeof values[0] ? "OutOfRange" : "WrongType",
      ),
  );
}

/** Anything at all, also nothing. */
export const anything: Codec<unknown> = t.unknown;

/** Path of a field or, by a whole number, of an item of a list. */
export const pathBelow = (path: string, key: string): string =>
  key === ""
    ? path
    : /^\d+$/.test(key)
    ? `${path}[${key}]`
    : path === ""
    ? key
    : `${path}.${key}`;

const faultOf = ({ value, context, message }: t.ValidationError): Fault => ({
  _tag: message as Fault["_tag"],
  path: context.map(({ key }) => key).reduce(pathBelow, ""),
  found: value,
  wanted: context.at(-1)?.type.name ?? "something else",
});

/**
 * Checks untrusted data.
 *
 * @returns A function from any value to the same value with its type, or every fault in it.
 */
export function decode<A>(
  codec: Codec<A>,
): (input: unknown) => Result<Faults, A> {
  return (input) =>
    pipe(
      codec.decode(input),
      E.mapLeft((errors) => errors.map(faultOf) as unknown as Faults),
    );
}
