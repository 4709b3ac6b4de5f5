/**
 * Values that are kept for a while because they are costly to make.
 *
 * @module
 */

/** Gives the value of a key, made anew or kept. */
export type Recent<Key, Value> = (key: Key) => Promise<Value>;

/**
 * A memory of the values that were asked for last. A value that is asked for
 * twice at the same time is made once; one that cannot be made is not kept.
 *
 * @param most How much may be kept, in the measure of `sizeOf`; the newest value
 * is kept whatever its size.
 * @param sizeOf Size of a value.
 * @param make Makes the value of a key.
 */
export function recent<Key, Value>(
  most: number,
  sizeOf: (value: Value) => number,
  make: (key: Key) => Promise<Value>,
): Recent<Key, Value> {
  const kept = new Map<Key, Promise<Value>>();
  const sizes = new Map<Key, number>();
  let total = 0;
  const drop = (key: Key): void => {
    total -= sizes.get(key) ?? 0;
    sizes.delete(key);
    kept.delete(key);
  };
  const settle = async (key: Key, value: Promise<Value>): Promise<void> => {
    try {
      const size = sizeOf(await value);
      sizes.set(key, size);
      total += size;
      for (const other of sizes.keys()) {
        if (total <= most || other === key) break;
        drop(other);
      }
    } catch {
      kept.delete(key);
    }
  };
  return (key) => {
    const known = kept.get(key);
    const value = known ?? make(key);
    kept.set(key, value);
    if (known === undefined) void settle(key, value);
    else if (sizes.has(key)) {
      // Last in the order of the map is last to go.
      const size = sizes.get(key) ?? 0;
      sizes.delete(key);
      sizes.set(key, size);
    }
    return value;
  };
}
