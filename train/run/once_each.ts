/**
 * Complaints that are made once.
 *
 * @module
 */

/** Complaints about what a run can do without. */
export interface OnceEach {
  /** Takes note of a complaint; a second one about the same thing is passed over. */
  add(about: string, complaint: string): void;
  /** Those that were not taken before. */
  readonly take: () => readonly string[];
}

/** Keeps complaints until they are told; one about each thing. */
export function onceEach(): OnceEach {
  const known = new Set<string>();
  let fresh: string[] = [];
  return {
    add(about, complaint) {
      if (known.has(about)) return;
      known.add(about);
      fresh.push(complaint);
    },
    take() {
      const taken = fresh;
      fresh = [];
      return taken;
    },
  };
}
