/** Tables in plain text. */

/** Alignment of a column below its head. */
export type Alignment = "left" | "right";

/** Lines of a table, columns two spaces apart. */
export function textTable(
  head: readonly (readonly [string, Alignment])[],
  rows: readonly (readonly string[])[],
): string {
  const heads = head.map(([words]) => words);
  const widths = heads.map((words, column) =>
    Math.max(words.length, ...rows.map((row) => row[column]?.length ?? 0))
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) =>
      head[column]?.[1] === "right"
        ? cell.padStart(widths[column] ?? 0)
        : cell.padEnd(widths[column] ?? 0)
    ).join("  ").trimEnd();
  return [heads, ...rows].map(line).join("\n");
}
