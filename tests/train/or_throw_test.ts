import { strictEqual, throws } from "node:assert/strict";
import { left, right } from "../../core/mod.ts";
import { orThrow } from "../../train/mod.ts";
import { type AnyError, describeError } from "../../train/or_throw.ts";

const ERRORS: readonly (readonly [AnyError, RegExp])[] = [
  [
    [{ _tag: "OutOfRange", path: "t0", found: 0, wanted: "more" }],
    /^t0: found 0, wanted more$/,
  ],
  [
    { _tag: "BackendUnavailable", device: "webgpu", reason: "no adapter" },
    /webgpu: no adapter/,
  ],
  [
    { _tag: "BadImage", image: "cat.jpg", reason: "it is empty" },
    /cat\.jpg.*it is empty/,
  ],
  [
    { _tag: "NonFiniteParameter", step: 3, name: "cls_token" },
    /step 3: parameter cls_token is not finite/,
  ],
  [
    { _tag: "FileFailed", path: "a/b", reason: "no space" },
    /Cannot use a\/b: no space/,
  ],
];

for (const [error, text] of ERRORS) {
  const kind = "_tag" in error ? error._tag : "Faults";
  Deno.test(`orThrow() throws the text of ${kind}`, () => {
    throws(() => orThrow(left(error)), { message: text });
    strictEqual(text.test(describeError(error)), true);
  });
}

Deno.test("orThrow() gives the value of a success", () => {
  strictEqual(orThrow(right(3)), 3);
});
