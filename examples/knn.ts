/**
 * Evaluates an encoder by the classes of nearest neighbours.
 *
 * ```sh
 * deno run -A examples/knn.ts runs/1
 * deno run -A examples/knn.ts mae_pretrain_vit_base.pth --data photos --resize-size 256
 * ```
 *
 * Nothing is trained: each picture gets the class for which the most similar
 * labelled pictures vote. An untrained encoder is evaluated beside it. The last line of
 * the output is JSON, also after Ctrl-C.
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-read=DATA,ENCODER
 * --allow-ffi=NPM
 * ```
 *
 * and where sharp has to decode the images, as PNG files:
 *
 * ```text
 * --allow-read=PHOTOS,ENCODER
 * --allow-ffi=NPM
 * --allow-env=SHARP_ENV
 * --allow-sys=SHARP_SYS
 * ```
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { knnCommand } from "../cli/commands/knn.ts";

await runCommand(knnCommand, Deno.args);
