/**
 * Golden numbers for a page: what `tests/golden_files.ts` is in Deno. They come from
 * the server of the page.
 *
 * @module
 */
import type { StoredTensor } from "../../../../train/files/tensor_data.ts";

export { largestDifference, numbersOf } from "../../../numbers.ts";

/** Files that tests in the page read, at once, as in Deno. */
const FILES = [
  "clip_grad/clip_grad.json",
  "tiny/tiny_inputs.safetensors",
  "tiny/tiny_weights.safetensors",
  "tiny/tiny_grads_f32.safetensors",
] as const;

const fetched = new Map<string, Uint8Array<ArrayBuffer>>(
  await Promise.all(FILES.map(async (path) => {
    const response = await fetch(`/golden/${path}`);
    return [path, new Uint8Array(await response.arrayBuffer())] as const;
  })),
);

function goldenBytes(path: string): Uint8Array<ArrayBuffer> {
  const bytes = fetched.get(path);
  if (bytes === undefined) throw new Error(`${path} is not fetched`);
  return bytes;
}

const parsed = (bytes: Uint8Array) =>
  JSON.parse(new TextDecoder().decode(bytes));

/** A JSON file in `tests/golden`. */
export const goldenJson = (path: string): unknown => parsed(goldenBytes(path));

/** An entry in the head of a file of safetensors. */
interface Entry {
  readonly shape: readonly number[];
  readonly "data_offsets": readonly [number, number];
}

/** Tensors of float32 of a file in `tests/golden`, by name. */
export function goldenTensors(path: string): ReadonlyMap<string, StoredTensor> {
  const { buffer } = goldenBytes(path);
  const start = 8 + new DataView(buffer).getUint32(0, true);
  const { __metadata__: _, ...entries } = parsed(
    new Uint8Array(buffer, 8, start - 8),
  ) as Record<string, Entry>;
  return new Map(
    Object.entries(entries).map(([name, { shape, data_offsets: [from, to] }]) =>
      [
        name,
        {
          shape,
          data: new Float32Array(buffer.slice(start + from, start + to)),
        },
      ] as const
    ),
  );
}
