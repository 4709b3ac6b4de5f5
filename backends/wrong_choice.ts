/** Faults of a choice that plain JavaScript may make: names and numbers that do not exist. */
import { excerpt, nearestHint, shown } from "../core/mod.ts";
import type { BackendError } from "./backend.ts";
import { DEVICES, PRECISIONS } from "./device_names.ts";

/** Options that every runtime has. */
export const OPTIONS: readonly string[] = [
  "threads",
  "precision",
  "tuning",
  "int8",
  "longestSum",
];

const oneOf = (found: unknown, known: readonly string[]): string =>
  `wanted one of ${known.join(", ")}${
    typeof found === "string" ? nearestHint(found, known) : ""
  }`;

const unknownOptions = (
  names: readonly string[],
  known: readonly string[],
): readonly string[] =>
  names.filter((name) => !known.includes(name)).map((name) =>
    `found an option ${excerpt(name)}, ${oneOf(name, known)}`
  );

/** Faults of options, each with the field, what was found and what is wanted. */
function wrongOptions(
  options: unknown,
  known: readonly string[],
): readonly string[] {
  if (typeof options !== "object" || options === null) {
    return [`found options ${shown(options)}, wanted an object`];
  }
  const { threads, precision } = options as Record<string, unknown>;
  const isCount = Number.isSafeInteger(threads) && Number(threads) >= 1;
  const isPrecision = precision === undefined ||
    PRECISIONS.some((known) => known === precision);
  return [
    ...unknownOptions(Object.keys(options), known),
    ...threads === undefined || isCount ? [] : [
      `found ${shown(threads)} threads, wanted a whole number of at least 1`,
    ],
    ...isPrecision ? [] : [
      `found precision ${shown(precision)}, ${oneOf(precision, PRECISIONS)}`,
    ],
  ];
}

/**
 * All faults of a choice of a device.
 *
 * @param wanted Name of a device; what is no such name is a fault.
 * @param options Options by name.
 * @param devices Devices of the runtime.
 * @param known Names of the options that exist.
 * @returns The error, or `null` if all names and numbers exist.
 */
export function wrongChoice(
  wanted: unknown,
  options: unknown,
  devices: readonly string[] = DEVICES,
  known: readonly string[] = OPTIONS,
): BackendError | null {
  const choices = ["auto", ...devices];
  const isKnown = choices.some((choice) => choice === wanted);
  const faults = [
    ...isKnown ? [] : [oneOf(wanted, choices)],
    ...wrongOptions(options, known),
  ];
  const device = typeof wanted === "string" ? excerpt(wanted) : shown(wanted);
  return faults.length === 0
    ? null
    : { _tag: "BackendUnavailable", device, reason: faults.join("; ") };
}
