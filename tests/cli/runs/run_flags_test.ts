import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  hasTwoIntervals,
  policyFrom,
  SAVE_FLAGS,
  type SaveValues,
} from "../../../cli/runs/run_flags.ts";
import { resumeCommand } from "../../../cli/runs/run_end.ts";
import { parseFlags } from "../../../cli/flags/parse_flags.ts";
import { checkedPolicy } from "../../../train/checkpoint/checkpoint_policy.ts";
import { right } from "../../right.ts";

const whole = fc.integer({ min: 1, max: 99 });

/** Flags as a user may give them. */
const anyValues: fc.Arbitrary<SaveValues> = fc.record({
  "save-every": whole,
  "save-every-steps": whole,
  "save-every-minutes": fc.double({ min: 0.01, max: 99, noNaN: true }),
  "keep": whole,
  "keep-at-freeze": fc.constant(true as const),
}, { requiredKeys: [] });

Deno.test("policyFrom() saves each epoch and keeps two where no flag is given", () => {
  deepStrictEqual(policyFrom({}, 40, 100), {
    everySteps: 40,
    everyMinutes: null,
    keepLast: 2,
    keepAtFreeze: false,
  });
});

Deno.test("policyFrom() saves about a hundred times in a run of many epochs", () => {
  strictEqual(policyFrom({}, 3, 1600).everySteps, 48);
  strictEqual(policyFrom({}, 3, 101).everySteps, 6);
});

Deno.test("policyFrom() saves at no other times than those asked for", () => {
  const { everySteps } = policyFrom({ "save-every-minutes": 30 }, 40, 500);
  strictEqual(everySteps, null);
  strictEqual(policyFrom({ "save-every": 3 }, 40, 500).everySteps, 120);
  strictEqual(policyFrom({ "save-every-steps": 7 }, 40, 500).everySteps, 7);
});

Deno.test("policyFrom() of any flags is a policy", () => {
  fc.assert(fc.property(anyValues, whole, whole, (values, steps, epochs) => {
    const policy = policyFrom(values, steps, epochs);
    strictEqual(checkedPolicy(policy)._tag, "Right");
  }));
});

Deno.test("resumeCommand() read as flags gives the values back", () => {
  fc.assert(fc.property(anyValues, (values) => {
    const words = resumeCommand("program", "run", values).split(" ").slice(6);
    deepStrictEqual(right(parseFlags(SAVE_FLAGS, words)), { ...values });
  }));
});

Deno.test("hasTwoIntervals() objects to epochs beside steps, not to minutes beside either", () => {
  strictEqual(
    hasTwoIntervals({ "save-every": 1, "save-every-steps": 1 }),
    true,
  );
  strictEqual(
    hasTwoIntervals({ "save-every": 1, "save-every-minutes": 1 }),
    false,
  );
});
