/** Numbers and times as a person reads them. */

/** Sign for an unknown number. */
export const UNKNOWN = "–";

const { format } = new Intl.NumberFormat("en-US");

/** A number with its thousands apart. */
export const thousands = (value: number): string => format(value);

/** A number that is in percent already. */
export const inPercent = (value: number | null, digits = 1): string =>
  value === null || Number.isNaN(value)
    ? UNKNOWN
    : `${value.toFixed(digits)} %`;

/** A part of the whole as percent. */
export const percent = (part: number | null, digits = 1): string =>
  inPercent(part === null ? null : 100 * part, digits);

/** A part of the whole that somebody has chosen, with the digits that it has: `1 %`. */
export const chosenPercent = (part: number): string =>
  `${Number((100 * part).toPrecision(4))} %`;

/** A time in its two largest units. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
