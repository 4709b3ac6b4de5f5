import { REFUSALS, refuses } from "./refusals.ts";

Deno.test(
  "pretrain refuses bad input with exit code 2, what it found and what is wanted",
  (t) => refuses(t, REFUSALS),
);
