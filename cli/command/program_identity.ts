/** What has to be the same of the program on all processes that share a command. */
import packageFile from "../../deno.json" with { type: "json" };
import type { Ranks } from "../../ranks/mod.ts";

/** The program as one process runs it. */
export const programIdentity = ({ transport }: Pick<Ranks, "transport">) => ({
  version: packageFile.version,
  deno: Deno.version.deno,
  transport,
});

/** Flags that may differ: where things are, and what computes. */
const OWN_FLAGS = ["data", "output-dir", "workers", "threads", "backend"];

/** Flags that were given and have to be the same on all ranks, in the order of their names. */
export const flagsOf = (values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(values).filter(([name]) => !OWN_FLAGS.includes(name))
      .toSorted(([a], [b]) => a < b ? -1 : 1),
  );
