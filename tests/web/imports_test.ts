import { deepStrictEqual, ok } from "node:assert/strict";
import { libraryOf } from "../../tools/rooms.ts";
import { foreignImports } from "./imported.ts";

/** Packages that a page may load at once. */
const LIBRARIES = ["fp-ts", "io-ts"];

/** Those that it fetches when they are asked for: devices and plots. */
const FETCHED = [
  "npm:@observablehq/plot@0.6.17",
  "npm:@tensorflow/tfjs-backend-cpu@4.22.0",
  "npm:@tensorflow/tfjs-backend-wasm@4.22.0",
  "npm:@tensorflow/tfjs-core@4.22.0",
  "npm:linkedom@0.18.15",
];

Deno.test("the entry for pages imports no module of node, no native code and no decoders", async () => {
  const foreign = await foreignImports("api/web.ts");
  const others = foreign.filter(({ specifier }) =>
    !LIBRARIES.includes(libraryOf(specifier)) && !FETCHED.includes(specifier)
  );
  deepStrictEqual(others, []);
});

Deno.test("plots of a page load another document only where there is none", async () => {
  const foreign = await foreignImports("api/web.ts");
  const made = foreign.filter(({ specifier }) => /linkedom/.test(specifier));
  deepStrictEqual(made.map(({ by, isDynamic }) => [by, isDynamic]), [
    ["plot/svg.ts", true],
  ]);
});

Deno.test("foreignImports() finds what the entry for Deno imports", async () => {
  const specifiers = (await foreignImports("api/data.ts"))
    .map(({ specifier }) => specifier);
  ok(specifiers.includes("npm:sharp@0.35.5"));
  ok(specifiers.includes("node:process"));
});
