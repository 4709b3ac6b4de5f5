import { deepStrictEqual } from "node:assert/strict";
import {
  decode,
  numberIn,
  oneOf,
  wholeFrom,
} from "../../../core/codec/codec.ts";
import {
  listOf,
  recordOf,
  refined,
  taggedUnion,
} from "../../../core/codec/structures.ts";
import { describeFaults, type Fault } from "../../../core/mod.ts";
import { faultsOf, right } from "../../right.ts";

interface Layer {
  readonly size: number;
  readonly kind: "small" | "large";
}

const layer = recordOf<Layer>({
  size: wholeFrom(1),
  kind: oneOf("small", "large"),
});

Deno.test("decode() gives back exactly what it accepts", () => {
  const input = { size: 3, kind: "large" };
  deepStrictEqual(right(decode(layer)(input)), input);
});

Deno.test("recordOf() names every wrong, missing and unknown field at once", () => {
  deepStrictEqual(faultsOf(decode(layer)({ size: 0.5, Kind: "large" })), [
    "size: found 0.5, wanted a whole number of at least 1",
    'kind: found nothing, wanted "small" or "large"',
    'Kind: found "large", wanted no such field; the nearest is "kind"',
  ]);
});

Deno.test("decode() tells kinds of faults apart", () => {
  const faults = decode(layer)({ size: "3", kind: "huge", other: 1 });
  deepStrictEqual(
    faults._tag === "Left" && faults.left.map(({ _tag }) => _tag),
    ["WrongType", "OutOfRange", "UnknownField"],
  );
});

Deno.test("recordOf() takes no list, null or text for a record", () => {
  for (const input of [[], null, "x", 1, undefined]) {
    const text = describeFaults([{
      _tag: "WrongType",
      path: "",
      found: input,
      wanted: "an object with size, kind",
    }]);
    deepStrictEqual(faultsOf(decode(layer)(input)), [text]);
  }
});

Deno.test("numberIn() takes no NaN, infinity or text", () => {
  const any = decode(numberIn("a number", () => true));
  for (const input of [NaN, Infinity, -Infinity, "1", null]) {
    deepStrictEqual(any(input)._tag, "Left");
  }
});

Deno.test("listOf() names items by their position and wants one at least", () => {
  const layers = decode(recordOf({ layers: listOf(layer) }));
  deepStrictEqual(
    faultsOf(
      layers({ layers: [{ size: 1, kind: "small" }, { size: 0, kind: "x" }] }),
    ),
    [
      "layers[1].size: found 0, wanted a whole number of at least 1",
      'layers[1].kind: found "x", wanted "small" or "large"',
    ],
  );
  deepStrictEqual(faultsOf(layers({ layers: [] })), [
    "layers: found [], wanted a list of at least one item",
  ]);
});

type Shape =
  | { readonly _tag: "Circle"; readonly radius: number }
  | { readonly _tag: "Point" };

Deno.test("taggedUnion() looks at the fields of the tag that it found", () => {
  const shape = decode(taggedUnion<Shape>({
    Circle: recordOf({ _tag: oneOf("Circle"), radius: wholeFrom(1) }),
    Point: recordOf({ _tag: oneOf("Point") }),
  }));
  deepStrictEqual(right(shape({ _tag: "Point" })), { _tag: "Point" });
  deepStrictEqual(faultsOf(shape({ _tag: "Circle", radius: 0 })), [
    "radius: found 0, wanted a whole number of at least 1",
  ]);
  deepStrictEqual(faultsOf(shape({ _tag: "Square" })), [
    '_tag: found "Square", wanted "Circle" or "Point"',
  ]);
});

Deno.test("refined() asks only when the fields are right, and keeps their place", () => {
  const largeIsLarge = ({ size, kind }: Layer): readonly Fault[] =>
    kind === "small" || size >= 10 ? [] : [{
      _tag: "Inconsistent",
      path: "size",
      found: size,
      wanted: "at least 10 (large)",
    }];
  const layers = decode(
    recordOf({ layers: listOf(refined(layer, largeIsLarge)) }),
  );
  deepStrictEqual(faultsOf(layers({ layers: [{ size: 2, kind: "large" }] })), [
    "layers[0].size: found 2, wanted at least 10 (large)",
  ]);
  deepStrictEqual(faultsOf(layers({ layers: [{ size: 0, kind: "large" }] })), [
    "layers[0].size: found 0, wanted a whole number of at least 1",
  ]);
});
