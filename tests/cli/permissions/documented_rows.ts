/**
 * What `docs/permissions.md` says.
 *
 * @module
 */
import { ROOT } from "../../programs.ts";

/** A permission: its flag and its values, none for all. */
export type Permission = readonly [flag: string, values: readonly string[]];

/** A row of the table. */
export interface PermissionRow {
  /** The program and, where they matter, flags of it. */
  readonly program: string;
  /** The program's file. */
  readonly file: string;
  /** Permissions as the table has them. */
  readonly written: readonly Permission[];
  /** The same with the lists that words stand for. */
  readonly permissions: readonly Permission[];
}

/** A permission as it is given to Deno. */
export const flagOf = ([name, values]: Permission): string =>
  values.length === 0 ? name : `${name}=${values.join(",")}`;

const permissionOf = (flag: string): Permission => {
  const [name = "", values] = flag.split("=");
  return [name, values?.split(",") ?? []];
};

/** Another list of values for each word that stands for one. */
export const withWords = (
  words: Readonly<Record<string, string>>,
  [name, values]: Permission,
): Permission => [
  name,
  values.flatMap((value) => (words[value] ?? value).split(",")),
];

/** The rows of the table, in its order. */
export async function documentedRows(): Promise<readonly PermissionRow[]> {
  const text = await Deno.readTextFile(new URL("docs/permissions.md", ROOT));
  const words = Object.fromEntries(
    Array.from(
      text.matchAll(/^- `(\w+)` is `([^`]+)`/gm),
      ([, word = "", list = ""]) => [word, list],
    ),
  );
  const rows = text.matchAll(/^\| `((\w+\/\w+\.ts)[^`]*)`\s+\| (.*) \|$/gm);
  return Array.from(rows, ([, program = "", file = "", cell = ""]) => {
    const written = Array.from(
      cell.matchAll(/`([^`]+)`/g),
      ([, flag = ""]) => permissionOf(flag),
    );
    const permissions = written.map((one) => withWords(words, one));
    return { program, file, written, permissions };
  });
}

/** Permissions without one of them or without one of its values. */
export interface Less {
  /** What is left out. */
  readonly left: Permission;
  /** What is given. */
  readonly rest: readonly Permission[];
}

/** Every way to leave one value or one whole permission out. */
export function lessThan(all: readonly Permission[]): readonly Less[] {
  return all.flatMap(([name, values], i) =>
    values.length < 2
      ? [{ left: [name, values] as const, rest: all.toSpliced(i, 1) }]
      : values.map((value, k) => ({
        left: [name, [value]] as const,
        rest: all.with(i, [name, values.toSpliced(k, 1)]),
      }))
  );
}
