/** Rows of values separated by commas, as RFC 4180 has them. */

/** A value as it stands in a row: quoted where it holds what separates others. */
const cell = (value: string | number): string => {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** A row, without its end. */
export const csvRow = (values: readonly (string | number)[]): string =>
  values.map(cell).join(",");
