/** Numbers on their way to the device: small ones that lie side by side go together. */
import type { Region, Slabs } from "./slabs.ts";

/** Writes to regions. */
export interface Uploads {
  /** Writes whole numbers of 4 bytes; small ones at the next `flush`. */
  write(region: Region, data: Uint8Array<ArrayBuffer>): void;
  /** Forgets what waits for a region that was given back. */
  forget(region: Region): void;
  /** Writes all that waits. */
  flush(): void;
}

/** Most bytes of what waits. */
const SMALL_BYTES = 256;

interface Waiting {
  readonly region: Region;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Runs of regions that follow each other without a place between them. */
function neighbours(
  waiting: readonly Waiting[],
  alignment: number,
): readonly (readonly Waiting[])[] {
  const runs: Waiting[][] = [];
  const buffers = new Set(waiting.map(({ region }) => region.buffer));
  for (const buffer of buffers) {
    const here = waiting.filter(({ region }) => region.buffer === buffer)
      .sort((a, b) => a.region.offset - b.region.offset);
    let end = -1;
    for (const item of here) {
      const { offset, bytes } = item.region;
      if (offset === end) runs.at(-1)!.push(item);
      else runs.push([item]);
      end = offset + Math.ceil(bytes / alignment) * alignment;
    }
  }
  return runs;
}

/** Writes to the regions of slabs. */
export function uploadsTo(
  { queue }: GPUDevice,
  { alignment }: Pick<Slabs, "alignment">,
): Uploads {
  const waiting = new Map<Region, Uint8Array<ArrayBuffer>>();
  return {
    write: (region, data) => {
      if (data.byteLength === 0) return;
      if (data.byteLength <= SMALL_BYTES) waiting.set(region, data.slice());
      else queue.writeBuffer(region.buffer, region.offset, data);
    },
    forget: (region) => void waiting.delete(region),
    flush: () => {
      if (waiting.size === 0) return;
      const items = [...waiting].map(([region, data]) => ({ region, data }));
      waiting.clear();
      for (const run of neighbours(items, alignment)) {
        const [first, last] = [run[0]!, run.at(-1)!];
        const start = first.region.offset;
        const end = last.region.offset + last.data.byteLength;
        const whole = new Uint8Array(end - start);
        run.forEach(({ region, data }) =>
          whole.set(data, region.offset - start)
        );
        queue.writeBuffer(first.region.buffer, start, whole);
      }
    },
  };
}
