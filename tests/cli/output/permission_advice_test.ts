import { strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  lastWords,
  withPermissionAdvice,
} from "../../../cli/output/permission_advice.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

Deno.test("withPermissionAdvice() names the permission that is missing, with its value if there is one, of a module its room", () => {
  const cases = {
    'Cannot use a b.json: Requires read access to "a b.json", run again with the --allow-read flag':
      'needs --allow-read=a b.json: Cannot use a b.json: no read access to "a b.json"',
    "x\nRequires ffi access, run again with the --allow-ffi flag; y":
      "needs --allow-ffi: x; no ffi access; y",
    "Requires read access to <CWD>, run again with the --allow-read flag":
      "needs --allow-read=<CWD>: no read access to <CWD>",
    'Requires ffi access to "a", run again with the --allow-ffi flag, and Requires ffi access to "b", run again with the --allow-ffi flag':
      'needs --allow-ffi=a: no ffi access to "a", and no ffi access to "b"',
    [`Requires read access to "${ROOT}data/mod.ts", run again with the --allow-read flag`]:
      `needs --allow-read=${ROOT}data: no read access to "${ROOT}data/mod.ts"`,
    "Cannot use x: found nothing": "Cannot use x: found nothing",
  };
  for (const [message, advice] of Object.entries(cases)) {
    strictEqual(withPermissionAdvice(message), advice);
  }
});

Deno.test({
  name: "lastWords() of what Deno throws without leave names the permission",
  permissions: { env: false, read: false },
  fn: () => {
    const thrown = (run: () => unknown): unknown => {
      try {
        return run();
      } catch (error) {
        return error;
      }
    };
    strictEqual(
      lastWords(thrown(() => Deno.env.get("HOME"))),
      'needs --allow-env=HOME: no env access to "HOME"',
    );
    strictEqual(
      lastWords(thrown(() => Deno.readFileSync("/etc/hosts"))),
      'needs --allow-read=/etc/hosts: no read access to "/etc/hosts"',
    );
    strictEqual(lastWords(new Error("a bug")), "Cannot go on: a bug");
  },
});
