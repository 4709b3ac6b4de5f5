/** What a program says about transparent images. */
import {
  backgroundColour,
  countAlpha,
  type ImageSource,
} from "../../data/mod.ts";
import { waitingFor } from "../output/progress_bar.ts";

/** What is done with alpha channels, in words. */
function usageOf({ background = "none", normalization }: ImageSource): string {
  const colour = backgroundColour(background, normalization);
  if (colour === null) return "alpha dropped";
  const word = background === "mean" ? "the mean colour" : background;
  return `blended onto ${word} (${colour.join(", ")})`;
}

/**
 * Images of a source that have transparent parts, and what they are blended onto.
 *
 * @returns Words to stand behind those about the source; none where no image that was
 * looked at has an alpha channel.
 */
export async function transparencyWords(source: ImageSource): Promise<string> {
  const { looked, withAlpha } = await waitingFor(
    "looking for transparent images",
    () => countAlpha(source),
  );
  if (withAlpha === 0) return "";
  const some = looked === source.length
    ? `${withAlpha} of them`
    : `${withAlpha} of ${looked} of them looked at`;
  return `; ${some} with an alpha channel, ${usageOf(source)}`;
}
