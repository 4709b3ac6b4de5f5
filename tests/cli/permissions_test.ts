import { checkRows } from "./permissions/check_rows.ts";

/** Programs that train nothing. */
const QUICK = ["print_plan.ts", "watch.ts", "watch.ts --html", "export.ts"]
  .map((program) => `examples/${program}`);

Deno.test(
  "a program works with the permissions that docs/permissions.md names, and without any of them says in a line which it needs",
  (t) => checkRows(t, ({ program }) => QUICK.includes(program)),
);
