/**
 * Says how well an encoder's patch tokens tell what is where in a picture.
 *
 * ```sh
 * deno run -A examples/segment.ts runs/1
 * deno run -A examples/segment.ts runs/1 --data ADEChallengeData2016 --ignore 0,255
 * ```
 *
 * The encoder stays as it is. A linear layer learns the classes of patches from masks; its
 * scores, brought to the size of the image, name each pixel. The same is done from untrained
 * weights and from raw pixels; the mean intersection over union of all three is printed, and
 * a page with pictures is written. The last line of the output is JSON.
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-read=DATA,ENCODER,OUT
 * --allow-write=OUT
 * --allow-ffi=NPM
 * ```
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { segmentCommand } from "../cli/commands/segment.ts";

await runCommand(segmentCommand, Deno.args);
