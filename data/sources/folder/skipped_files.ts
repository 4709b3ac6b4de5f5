/** Entries of a folder that a source skips, by name. */
import { someOf } from "./folder_content.ts";

/** Reasons for skipping an entry, in words for one. */
export type SkipReason = keyof typeof PLURALS;

const PLURALS = {
  "archive": "archives",
  "other file": "other files",
  "hidden or system entry": "hidden or system entries",
  "file whose name is not UTF-8": "files whose names are not UTF-8",
  "link that leads back": "links that lead back",
  "image outside of the classes": "images outside of the classes",
  "folder without an image": "folders without an image",
};

/** A list of skipped entries. */
export interface SkippedFiles {
  /** Adds an entry to the list. */
  note(kind: SkipReason, path: string): void;
  /** Counts by kind, with some names. */
  words(): readonly string[];
  /** Count of a kind, and the first hundred by name. */
  of(kind: SkipReason): Entry;
}

/** Entries skipped for one reason. */
interface Entry {
  readonly count: number;
  readonly names: readonly string[];
}

/** Names of a kind that are kept; of the others only the number. */
const KEPT = 100;

/** An empty list. */
export function skipped(root: string): SkippedFiles {
  const found = new Map<SkipReason, { count: number; names: string[] }>();
  return {
    note: (kind, path) => {
      const entry = found.get(kind) ?? { count: 0, names: [] };
      found.set(kind, entry);
      entry.count++;
      if (entry.names.length < KEPT) {
        entry.names.push(
          path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path,
        );
      }
    },
    words: () =>
      [...found].map(([kind, { count, names }]) => {
        const what = count === 1 ? kind : PLURALS[kind];
        return `${count} ${what} left out: ${someOf(names, count)}`;
      }),
    of: (kind) => found.get(kind) ?? { count: 0, names: [] },
  };
}
