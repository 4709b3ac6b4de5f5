/** Places of tensors in few big buffers. */
import { left, type Result, right } from "../../../../core/mod.ts";
import type { BackendError } from "../../../backend.ts";

/** Part of a buffer. */
export interface Region {
  /** The buffer. */
  readonly buffer: GPUBuffer;
  /** Its first byte. */
  readonly offset: number;
  /** Count of its bytes. */
  readonly bytes: number;
}

/** Buffers that are divided among tensors. */
export interface Slabs {
  /** Distance of places: regions begin at its multiples, and nobody else has the bytes up to the next. */
  readonly alignment: number;
  /** Most bytes of a region. */
  readonly limit: number;
  /**
   * Finds a place. Equal sequences of takings and givings lead to equal places.
   *
   * @param tensor Name for the error.
   */
  take(bytes: number, tensor: string): Result<BackendError, Region>;
  /** Takes places again that were given back, if nobody has any part of any of them. */
  retake(regions: readonly Region[]): boolean;
  /** Gives a place back; those of other buffers are passed over. */
  give(region: Region): void;
  /** Destroys the buffers in which there is no place that somebody has. */
  trim(): void;
  /** Destroys all buffers. */
  dispose(): void;
}

/** A stretch of a slab that nobody has. */
interface Gap {
  offset: number;
  bytes: number;
}

interface Slab {
  readonly buffer: GPUBuffer;
  readonly gaps: Gap[];
}

/** Bytes of the first slab; each further one has four times those of the one before: few slabs are few dispatches of grouped kernels. */
const FIRST_BYTES = 2 ** 24;

/** Most times that the size grows, to 1 GiB. */
const MOST_GROWTH = 3;

/** The smallest gap that is large enough, of equal ones the first. */
function bestGap(
  slabs: readonly Slab[],
  bytes: number,
): readonly [Slab, Gap] | undefined {
  let best: readonly [Slab, Gap] | undefined;
  for (const slab of slabs) {
    for (const gap of slab.gaps) {
      if (gap.bytes < bytes) continue;
      if (best === undefined || gap.bytes < best[1].bytes) best = [slab, gap];
    }
  }
  return best;
}

/** Takes a stretch out of the gap around it. */
function carve(gaps: Gap[], around: Gap, offset: number, bytes: number): void {
  const end = offset + bytes;
  const parts = [
    { offset: around.offset, bytes: offset - around.offset },
    { offset: end, bytes: around.offset + around.bytes - end },
  ];
  gaps.splice(
    gaps.indexOf(around),
    1,
    ...parts.filter(({ bytes }) => bytes > 0),
  );
}

/** Adds a gap in order, as one with those that it touches. */
function addGap(gaps: Gap[], gap: Gap): void {
  const found = gaps.findIndex(({ offset }) => offset > gap.offset);
  const at = found < 0 ? gaps.length : found;
  const [before, after] = [gaps[at - 1], gaps[at]];
  const joinsAfter = after !== undefined &&
    gap.offset + gap.bytes === after.offset;
  const whole = { ...gap, bytes: gap.bytes + (joinsAfter ? after.bytes : 0) };
  if (before !== undefined && before.offset + before.bytes === gap.offset) {
    before.bytes += whole.bytes;
    gaps.splice(at, joinsAfter ? 1 : 0);
  } else gaps.splice(at, joinsAfter ? 1 : 0, whole);
}

/** Places on a device. */
export function slabsOf(device: GPUDevice, name = "webgpu"): Slabs {
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const alignment = Math.max(
    32,
    device.limits.minStorageBufferOffsetAlignment,
  );
  const most = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  const limit = most - most % alignment;
  const rounded = (bytes: number) =>
    Math.max(1, Math.ceil(bytes / alignment)) * alignment;
  const slabs: Slab[] = [];
  const grow = (bytes: number): void => {
    const usual = FIRST_BYTES * 4 ** Math.min(slabs.length, MOST_GROWTH);
    const size = Math.max(bytes, Math.min(limit, usual));
    const buffer = device.createBuffer({
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC |
        GPUBufferUsage.COPY_DST,
    });
    slabs.push({ buffer, gaps: [{ offset: 0, bytes: size }] });
  };
  const gapAround = (region: Region): readonly [Gap[], Gap] | undefined => {
    const { buffer, offset, bytes } = region;
    const gaps = slabs.find((slab) => slab.buffer === buffer)?.gaps ?? [];
    const end = offset + rounded(bytes);
    const gap = gaps.find((gap) =>
      gap.offset <= offset && end <= gap.offset + gap.bytes
    );
    return gap === undefined ? undefined : [gaps, gap];
  };
  return {
    alignment,
    limit,
    take: (bytes, tensor) => {
      const needed = rounded(bytes);
      if (needed > limit) {
        const size = { bytes, limit };
        return left({ _tag: "TensorTooLarge", device: name, tensor, ...size });
      }
      if (bestGap(slabs, needed) === undefined) grow(needed);
      const [slab, gap] = bestGap(slabs, needed)!;
      const { offset } = gap;
      carve(slab.gaps, gap, offset, needed);
      return right({ buffer: slab.buffer, offset, bytes });
    },
    retake: (regions) => {
      if (regions.some((region) => gapAround(region) === undefined)) {
        return false;
      }
      for (const region of regions) {
        const [gaps, gap] = gapAround(region)!;
        carve(gaps, gap, region.offset, rounded(region.bytes));
      }
      return true;
    },
    give: ({ buffer, offset, bytes }) => {
      const slab = slabs.find((slab) => slab.buffer === buffer);
      if (slab !== undefined) {
        addGap(slab.gaps, { offset, bytes: rounded(bytes) });
      }
    },
    trim: () => {
      const empty = slabs.filter(({ buffer, gaps }) =>
        gaps[0]?.bytes === buffer.size
      );
      for (const slab of empty) {
        slabs.splice(slabs.indexOf(slab), 1);
        slab.buffer.destroy();
      }
    },
    dispose: () => slabs.splice(0).forEach(({ buffer }) => buffer.destroy()),
  };
}
