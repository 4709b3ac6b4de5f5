import { strictEqual } from "node:assert/strict";
import { flagsOf } from "../../../cli/command/program_identity.ts";

Deno.test("flagsOf() are in the order of their names, without what each rank chooses for itself", () => {
  const flags = { "seed": 3, "data": "here", "epochs": 2, "threads": 1 };
  strictEqual(JSON.stringify(flagsOf(flags)), '{"epochs":2,"seed":3}');
});
