/** Buffers that are used again: the smallest that is large enough is taken first. */

/** Something with a buffer of its own. */
interface Holder {
  readonly buffer: GPUBuffer;
}

/** Buffers that wait for a use. */
export interface IdleBuffers<Held extends Holder> {
  /** One of at least so many bytes, made where none waits. */
  take(bytes: number): Held;
  /** Gives one back; of too many the smallest is destroyed. */
  giveBack(held: Held): void;
  /** Destroys those that wait. */
  dispose(): void;
}

/** Most buffers that wait for a use. */
const MOST_IDLE = 4;

/**
 * Keeps buffers between their uses.
 *
 * @param make Makes one of at least so many bytes.
 */
export function idleBuffers<Held extends Holder>(
  make: (bytes: number) => Held,
): IdleBuffers<Held> {
  const idle: Held[] = [];
  return {
    take: (bytes) => {
      const at = idle.findIndex(({ buffer }) => buffer.size >= bytes);
      return at >= 0 ? idle.splice(at, 1)[0]! : make(bytes);
    },
    giveBack: (held) => {
      idle.push(held);
      idle.sort((a, b) => a.buffer.size - b.buffer.size);
      if (idle.length > MOST_IDLE) idle.shift()!.buffer.destroy();
    },
    dispose: () => idle.splice(0).forEach(({ buffer }) => buffer.destroy()),
  };
}
