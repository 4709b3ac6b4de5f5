/**
 * Where a JPEG file begins and ends.
 *
 * @module
 * @see {@link https://www.w3.org/Graphics/JPEG/itu-t81.pdf} B.1.1.3, markers
 */

const MARKER = 0xff;
const START_OF_SCAN = 0xda;

/** Whether a file begins as JPEG files do. */
export const isJpeg = (bytes: Uint8Array): boolean =>
  bytes[0] === MARKER && bytes[1] === 0xd8;

/** What stands behind `0xff` within a scan: a level of 255, filling, a restart. */
const isWithinScan = (code: number): boolean =>
  code === 0 || code === MARKER || (code >= 0xd0 && code <= 0xd7);

/**
 * Whether anything ends the last scan of a JPEG file. If nothing does, the file was cut
 * short, though a decoder that needs only its upper part does not notice.
 *
 * @param bytes The file.
 */
export function endsItsScan(bytes: Uint8Array): boolean {
  for (let i = bytes.length - 2; i >= 0; i--) {
    const code = bytes[i + 1] ?? 0;
    if (bytes[i] !== MARKER || isWithinScan(code)) continue;
    return code !== START_OF_SCAN;
  }
  return false;
}
