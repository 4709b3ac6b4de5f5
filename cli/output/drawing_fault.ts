/** Whether pictures can be drawn, found out before the work that they show. */
import { pngDataUri } from "../../plot/mod.ts";

/**
 * Draws a picture of one pixel.
 *
 * @param what What is to be drawn later, for the message.
 * @returns `null` if it can be; else why not.
 */
export async function drawingFaultOf(what: string): Promise<string | null> {
  const [width, height, channels] = [1, 1, 1] as const;
  const pixels = Uint8Array.of(0);
  return await pngDataUri({ width, height, channels, pixels }).then(
    () => null,
    (thrown: unknown) =>
      `Cannot draw ${what}: ${
        thrown instanceof Error ? thrown.message : String(thrown)
      }`,
  );
}
