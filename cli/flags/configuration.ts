/** Flags as a configuration, and a configuration as flags. */
import type { Flag, FlagTable, FlagValues } from "./flags.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The value at a path of a configuration; `undefined` where there is none. */
const valueAt = (config: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>(
    (inner, key) => (inner as Fields | null | undefined)?.[key],
    config,
  );

/** A copy of a configuration with another value at a path; `undefined` takes it away. */
function withValueAt(
  config: unknown,
  [key = "", ...rest]: readonly string[],
  value: unknown,
): unknown {
  const fields = (config ?? {}) as Fields;
  const own = rest.length === 0 ? value : withValueAt(fields[key], rest, value);
  if (Array.isArray(config)) return config.with(Number(key), own);
  const { [key]: _, ...others } = fields;
  return own === undefined ? others : { ...fields, [key]: own };
}

/** The value that a flag has in a configuration. */
export function valueIn<A>(flag: Flag<A>, config: object): A | undefined {
  if (flag.read !== undefined) return flag.read(config as never);
  if (flag.at === undefined) return undefined;
  return valueAt(config, flag.at) as A | undefined ?? flag.unset;
}

/**
 * The default of a flag in words.
 *
 * @returns `null` where there is nothing to say.
 */
export function defaultText<A>(
  flag: Flag<A>,
  bases: readonly object[],
): string | null {
  if (flag.initial !== undefined) return flag.initial;
  // A switch is off.
  if (flag.metavar === "") return null;
  const { show = String } = flag;
  const values = bases.map((base) => valueIn(flag, base))
    .filter((value) => value !== undefined).map((value) => show(value));
  return values.length === 0 ? null : [...new Set(values)].join(" / ");
}

/**
 * A configuration with what flags set: each that was given at its own place.
 *
 * @returns The changed configuration, which a decoder is to look over.
 */
export function withValues<Table extends FlagTable, Config extends object>(
  table: Table,
  values: FlagValues<Table>,
  base: Config,
): Config {
  return Object.entries(table).reduce<Config>((config, [name, flag]) => {
    const value: unknown = values[name];
    if (value === undefined || flag.at === undefined) return config;
    const { write = (same: unknown) => same } = flag;
    const written = value === flag.unset ? undefined : write(value);
    return withValueAt(config, flag.at.split("."), written) as Config;
  }, base);
}
