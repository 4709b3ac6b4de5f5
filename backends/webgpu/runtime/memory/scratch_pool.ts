/** Memory of intermediate values that programs share: a device runs one after the other. */

/** Scratch buffers of one program. */
export interface Scratch {
  /**
   * Buffers at least as large as asked for, in that order. They are made where they are
   * missing; the array is another one when any of them is.
   */
  buffers(): readonly GPUBuffer[];
  /** Gives back what no other program needs. */
  release(): void;
}

/** Scratch buffers of all programs. */
export interface ScratchPool {
  /**
   * Enters the needs of a program.
   *
   * @param bytes Sizes of its buffers, the largest first.
   */
  reserve(bytes: readonly number[]): Scratch;
  /** Bytes of all buffers. */
  bytes(): number;
  /** Makes all buffers anew when they are next needed, as some may have failed. */
  forget(): void;
}

/**
 * A pool in which the buffer at each position is as large as the largest that a program
 * has there. A buffer that grows or shrinks is made anew; its numbers are lost, which no
 * program needs after its run.
 */
export function scratchPool(device: GPUDevice): ScratchPool {
  const reserved = new Set<readonly number[]>();
  let held: readonly (GPUBuffer | undefined)[] = [];
  const sizes = (): readonly number[] => {
    const largest: number[] = [];
    for (const bytes of reserved) {
      bytes.forEach((size, i) => largest[i] = Math.max(largest[i] ?? 0, size));
    }
    return largest;
  };
  /** Destroys the buffers that do not have the right size. */
  const drop = (wanted: readonly number[]): void => {
    const isRight = held.map((buffer, i) => buffer?.size === wanted[i]);
    if (isRight.every((right) => right)) return;
    held.forEach((buffer, i) => isRight[i] || buffer?.destroy());
    held = held.map((buffer, i) => isRight[i] ? buffer : undefined);
    held = held.slice(0, wanted.length);
  };
  const fill = (): readonly GPUBuffer[] => {
    const wanted = sizes();
    const isWhole = wanted.every((size, i) => held[i]?.size === size);
    if (!isWhole) {
      drop(wanted);
      held = wanted.map((size, i) =>
        held[i] ?? device.createBuffer({ size, usage: GPUBufferUsage.STORAGE })
      );
    }
    return held as readonly GPUBuffer[];
  };
  return {
    reserve: (bytes) => {
      const needs = [...bytes];
      reserved.add(needs);
      return {
        buffers: fill,
        release: () => {
          if (reserved.delete(needs)) drop(sizes());
        },
      };
    },
    bytes: () => held.reduce((sum, buffer) => sum + (buffer?.size ?? 0), 0),
    forget: () => drop([]),
  };
}
