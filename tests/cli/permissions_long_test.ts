import { checkRows } from "./permissions/check_rows.ts";

Deno.test(
  "each program works with the permissions that docs/permissions.md names, and without any of them says in a line which it needs",
  (t) => checkRows(t),
);
