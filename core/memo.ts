/** Results that are remembered. */

/** Data that stands for itself in a key. */
type Plain = string | number | boolean | null | readonly Plain[];

/**
 * The same pure function, which computes each result once. Results live as long as
 * the record that they were computed from.
 */
export function memoized<Spec extends object, Rest extends readonly Plain[], A>(
  f: (spec: Spec, ...rest: Rest) => A,
): (spec: Spec, ...rest: Rest) => A {
  const results = new WeakMap<Spec, Map<string, A>>();
  return (spec, ...rest) => {
    const known = results.get(spec) ?? new Map<string, A>();
    results.set(spec, known);
    const key = JSON.stringify(rest);
    const earlier = known.get(key);
    if (earlier !== undefined) return earlier;
    const result = f(spec, ...rest);
    known.set(key, result);
    return result;
  };
}
