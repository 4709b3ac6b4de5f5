/** Settings that the first of several processes makes for all. */
import { resolve } from "node:path";
import type { Ranks } from "../../ranks/mod.ts";
import { fromFirst } from "../../train/mod.ts";
import { mustWork } from "./describe_errors.ts";

/**
 * What the first process makes, on all that share the work.
 *
 * @throws {CommandFailed} where it cannot be had.
 */
export const onFirst = async <A>(
  ranks: Ranks | null,
  make: () => Promise<A>,
): Promise<A> =>
  ranks === null
    ? await make()
    : mustWork(await fromFirst(ranks, make, "the settings of rank 0"));

/** Settings as far as they say where images are. */
interface Placed {
  /** Path of the images; `null` for the embedded ones. */
  readonly data: string | null;
}

/**
 * The settings that the first process makes, on all that share the work; the images are
 * those that each process was told of.
 *
 * @param values Flags of this process.
 * @throws {CommandFailed} where they cannot be had.
 */
export async function commonSettings<S extends Placed>(
  ranks: Ranks | null,
  { data }: { readonly data?: string | undefined },
  make: () => Promise<S>,
): Promise<S> {
  const settings = await onFirst(ranks, make);
  return ranks === null || data === undefined
    ? settings
    : { ...settings, data: resolve(data) };
}
