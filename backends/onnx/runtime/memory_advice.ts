/**
 * Advice to the operating system on the use of memory.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/madvise.2.html}
 */
import {
  addressOfData,
  hostPlatform,
  libraryFunction,
  pointerFrom,
} from "./native_library.ts";

/** Linux' numbers of advice for a stretch of memory. */
const ADVICE = {
  /** Its content is not needed any more; it reads as zeros then. */
  unused: 4,
  /** It is large and used as a whole: large pages are filled in one go. */
  hugePages: 14,
} as const;

/** Advice for a stretch of memory. */
export type MemoryAdvice = keyof typeof ADVICE;

/** Advice is given for whole pages. */
const PAGE = 4096n;

function openAdvise() {
  return hostPlatform()?.[0] === "linux"
    ? libraryFunction(
      "libc.so.6",
      "madvise",
      ["pointer", "usize", "i32"],
      "i32",
    )
    : null;
}

let advise: ReturnType<typeof openAdvise> | undefined;

function openTrim() {
  return hostPlatform()?.[0] === "linux"
    ? libraryFunction("libc.so.6", "malloc_trim", ["usize"], "i32")
    : null;
}

let trim: ReturnType<typeof openTrim> | undefined;

/**
 * Returns to the operating system what the C library keeps of freed memory, such as
 * buffers that were collected. Where it cannot, nothing happens.
 */
export function returnFreedMemory(): void {
  trim ??= openTrim();
  trim?.(0n);
}

/**
 * Advises the operating system. A hint: where it is not Linux, has no such call or
 * may not be asked, nothing happens.
 *
 * @param bytes The stretch; pages that it shares with others are skipped.
 */
export function adviseMemory(bytes: Uint8Array, advice: MemoryAdvice): void {
  advise ??= openAdvise();
  if (advise === null) return;
  const address = addressOfData(bytes);
  const first = (address + PAGE - 1n) / PAGE * PAGE;
  const end = (address + BigInt(bytes.length)) / PAGE * PAGE;
  if (end > first) advise(pointerFrom(first), end - first, ADVICE[advice]);
}
