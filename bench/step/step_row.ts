/**
 * Measures one row of `bench/step.ts` in a process of its own, so that its peak
 * memory is its own too: takes a `StepSpec` as JSON, prints a `StepRow`.
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { measureStep } from "./measure_step.ts";

try {
  console.log(
    JSON.stringify(await measureStep(JSON.parse(Deno.args[0] ?? ""))),
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
