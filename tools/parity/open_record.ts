/** Codecs of JSON that may say more than is read. */
import {
  type AnyCodec,
  type Codec,
  codecOf,
  findingsAt,
  unwanted,
} from "../../core/codec/codec.ts";
import type { FieldCodecs } from "../../core/codec/structures.ts";

type UnknownRecord = Readonly<Record<string, unknown>>;

const isRecord = (found: unknown): found is UnknownRecord =>
  typeof found === "object" && found !== null && !Array.isArray(found);

/** A record with at least these members. */
export function openRecord<A extends object>(fields: FieldCodecs<A>): Codec<A> {
  const codecs: readonly (readonly [string, AnyCodec])[] = Object.entries(
    fields,
  );
  const names = codecs.map(([name]) => name).join(", ");
  return codecOf(
    `an object with ${names}`,
    (found, place) =>
      isRecord(found)
        ? codecs.flatMap(([name, codec]) =>
          findingsAt(name, codec, found[name], place)
        )
        : unwanted(found, place, "WrongType"),
  );
}

/** A record whose members are all alike. */
export function dictionaryOf<A>(
  member: Codec<A>,
): Codec<Readonly<Record<string, A>>> {
  return codecOf(
    `an object of which each member is ${member.name}`,
    (found, place) =>
      isRecord(found)
        ? Object.entries(found).flatMap(([name, value]) =>
          findingsAt(name, member, value, place)
        )
        : unwanted(found, place, "WrongType"),
  );
}

/** What a codec accepts, or nothing. */
export function optional<A>(codec: Codec<A>): Codec<A | undefined> {
  return codecOf(
    codec.name,
    (found, place) =>
      found === undefined ? [] : findingsAt("", codec, found, place),
  );
}
