import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { differences } from "../../../train/mod.ts";

Deno.test("differences() of a value and itself are none, whatever the order of its fields", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    deepStrictEqual(differences(value, structuredClone(value)), []);
  }));
  deepStrictEqual(differences({ a: 1, b: [2] }, { b: [2], a: 1 }), []);
});

Deno.test("differences() names every leaf by its path", () => {
  deepStrictEqual(
    differences(
      { same: 1, list: [1, 2], inner: { x: null, gone: true } },
      { same: 1, list: [1, 3, 4], inner: { x: {}, come: "in" } },
    ),
    [
      { path: "list.1", a: "2", b: "3" },
      { path: "list.2", a: "nothing", b: "4" },
      { path: "inner.x", a: "null", b: "{}" },
      { path: "inner.gone", a: "true", b: "nothing" },
      { path: "inner.come", a: "nothing", b: '"in"' },
    ],
  );
});

Deno.test("differences() tells a list from an object", () => {
  deepStrictEqual(differences([], {}), [{ path: "", a: "[]", b: "{}" }]);
});

Deno.test("differences() of two values are those of the other order, swapped", () => {
  const sorted = (list: ReturnType<typeof differences>) =>
    list.toSorted((x, y) => x.path < y.path ? -1 : x.path > y.path ? 1 : 0);
  fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
    deepStrictEqual(
      sorted(differences(a, b)),
      sorted(
        differences(b, a).map(({ path, a, b }) => ({ path, a: b, b: a })),
      ),
    );
  }));
});
