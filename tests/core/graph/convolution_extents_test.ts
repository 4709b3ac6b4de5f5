import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { convolutionExtents } from "../../../core/mod.ts";

Deno.test("convolutionExtents() halves maps by a stride of two, and refuses kernels of other channels", () => {
  const halving = { stride: 2, padding: 1 };
  const extents = convolutionExtents(halving, [8, 3, 32, 32], [16, 3, 3, 3]);
  deepStrictEqual(extents?.result, [16, 16]);
  strictEqual(convolutionExtents(halving, [8, 3, 32, 32], [16, 4, 3, 3]), null);
});
