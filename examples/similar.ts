/**
 * Finds the pictures that are most similar to others.
 *
 * ```sh
 * deno run -A examples/similar.ts runs/1 holiday.jpg --data photos
 * deno run -A examples/similar.ts mae_pretrain_vit_base.pth a.jpg b.jpg --data photos --most 5 --json
 * ```
 *
 * Nothing is trained and no labels are needed: pictures are similar whose features by the
 * encoder point the same way. They are listed, and drawn on a sheet, `similar.svg`.
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-read=PHOTOS,ENCODER,SVG
 * --allow-write=SVG
 * --allow-ffi=NPM
 * --allow-env=SHARP_ENV
 * --allow-sys=SHARP_SYS
 * ```
 *
 * @module
 */
import { runCommand } from "../cli/command/run_command.ts";
import { similarCommand } from "../cli/commands/similar.ts";

await runCommand(similarCommand, Deno.args);
