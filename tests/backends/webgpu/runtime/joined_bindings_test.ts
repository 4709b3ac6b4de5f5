/** Values that lie in one place, in a buffer that is written. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { joinBindings } from "../../../../backends/webgpu/runtime/joined_bindings.ts";

const declared = (binding: number, type: string, access = "read"): string =>
  `@group(0) @binding(${binding}) var<storage, ${access}> t${binding} : array<${type}>;`;

Deno.test("joinBindings leaves a code alone in which every binding has its own place", () => {
  const code = declared(0, "f32");
  deepStrictEqual(joinBindings(code, [0]), { code, bindings: [0] });
});

Deno.test("joinBindings reads single numbers out of groups, also inside of an index", () => {
  const code = [
    declared(0, "f32"),
    declared(1, "vec4<f32>"),
    declared(2, "f32", "read_write"),
    "t2[i] = t0[i32(t0[n[i]]) + 1] + t1[i].x;",
  ].join("\n");
  const joined = joinBindings(code, [0, 0, 2]);
  deepStrictEqual(joined.bindings, [0, 2]);
  const inner = "t1[(n[i]) / 4][(n[i]) % 4]";
  const index = `(i32(${inner}) + 1)`;
  strictEqual(
    joined.code.split("\n").at(-1),
    `t2[i] = t1[${index} / 4][${index} % 4] + t1[i].x;`,
  );
  ok(
    joined.code.includes(
      "@binding(0) var<storage, read> t1 : array<vec4<f32>>",
    ),
  );
  ok(joined.code.includes("@binding(1) var<storage, read_write> t2"));
});

Deno.test("joinBindings leaves a code alone that writes single numbers of groups", () => {
  const code = declared(0, "f32", "read_write") + declared(1, "vec4<f32>");
  deepStrictEqual(joinBindings(code, [0, 0]), { code, bindings: [0, 1] });
});
