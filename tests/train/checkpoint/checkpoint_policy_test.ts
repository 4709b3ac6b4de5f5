import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { describeFaults } from "../../../core/mod.ts";
import type { CheckpointPolicy } from "../../../train/mod.ts";
import {
  checkedPolicy,
  freezeSteps,
  isCheckpointDue,
  outdatedSteps,
} from "../../../train/checkpoint/checkpoint_policy.ts";
import { tinyRun } from "../tiny_run.ts";

const { plan } = tinyRun();

const NEVER: CheckpointPolicy = {
  everySteps: null,
  everyMinutes: null,
  keepLast: 1,
  keepAtFreeze: false,
};

/** Steps after which a run is saved if no time passes. */
const savedAt = (policy: CheckpointPolicy): readonly number[] => {
  const isDue = isCheckpointDue(policy, plan);
  return Array.from({ length: plan.totalSteps }, (_, i) => i + 1)
    .filter((step) => isDue({ step, minutes: 0 }));
};

Deno.test("isCheckpointDue() always saves the end, and nothing else if nothing else is asked for", () => {
  deepStrictEqual(savedAt(NEVER), [12]);
});

Deno.test("isCheckpointDue() saves multiples of everySteps and, if they stay, all freeze steps", () => {
  deepStrictEqual(freezeSteps(plan), [5, 7, 9, 11]);
  deepStrictEqual(savedAt({ ...NEVER, everySteps: 5 }), [5, 10, 12]);
  deepStrictEqual(
    savedAt({ ...NEVER, everySteps: 5, keepAtFreeze: true }),
    [5, 7, 9, 10, 11, 12],
  );
});

Deno.test("isCheckpointDue() saves when everyMinutes have passed, not before", () => {
  const isDue = isCheckpointDue({ ...NEVER, everyMinutes: 0.5 }, plan);
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 11 }),
    fc.double({ min: 0, max: 2, noNaN: true }),
    (step, minutes) => strictEqual(isDue({ step, minutes }), minutes >= 0.5),
  ));
});

Deno.test("outdatedSteps() leaves the newest so many and everything later", () => {
  const steps = fc.uniqueArray(fc.nat(100), { minLength: 1 });
  fc.assert(fc.property(
    steps,
    fc.integer({ min: 1, max: 9 }),
    (all, keepLast) => {
      const written = all[0] ?? 0;
      const gone = outdatedSteps(
        { keepLast, keepAtFreeze: false },
        all,
        written,
      );
      const upTo = all.filter((step) => step <= written);
      const left = upTo.filter((step) => !gone.includes(step));
      strictEqual(left.length, Math.min(keepLast, upTo.length));
      ok(gone.every((step) => left.every((later) => step < later)));
    },
  ));
});

Deno.test("checkedPolicy() names every number that is out of range", () => {
  const faults = checkedPolicy({
    everySteps: 0.5,
    everyMinutes: NaN,
    keepLast: 0,
    keepAtFreeze: false,
  });
  const text = faults._tag === "Left" ? describeFaults(faults.left) : "";
  match(text, /everySteps: found 0\.5, wanted a whole number of at least 1/);
  match(text, /everyMinutes: found NaN, wanted a number above 0/);
  match(text, /keepLast: found 0, wanted a whole number of at least 1/);
  strictEqual(checkedPolicy(NEVER)._tag, "Right");
});
