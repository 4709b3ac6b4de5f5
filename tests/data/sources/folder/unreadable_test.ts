import { match, strictEqual } from "node:assert/strict";
import { uncovered } from "../../../uncovered.ts";
import { inFolder } from "../../sources.ts";

const PROGRAM = new URL("./print_as_nobody.ts", import.meta.url).href;
const CONFIG = new URL("../../../../deno.json", import.meta.url).pathname;

/** What a user without privileges finds in folders. */
async function foundByNobody(
  ...folders: readonly string[]
): Promise<readonly (readonly string[])[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", "--config", CONFIG, PROGRAM, ...folders],
    // Nobody may not write the report of coverage.
    clearEnv: true,
    env: { ...uncovered(), NO_COLOR: "1" },
  }).output();
  strictEqual(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test(
  "imageFolder() says which files may not be read, and names a folder that may not [skipped on Windows: it has no modes]",
  { ignore: Deno.build.os === "windows" },
  async () => {
    const files = {
      "photos/cat/1.jpg": "GIF89a",
      "photos/cat/2.jpg": "secret",
      "photos/dog/3.jpg": "GIF89a",
      "closed/cat/1.jpg": "GIF89a",
      "closed/dog/1.jpg": "GIF89a",
    };
    await inFolder(files, async (folder) => {
      await Deno.chmod(folder, 0o755);
      await Deno.chmod(`${folder}/photos/cat/2.jpg`, 0o000);
      await Deno.chmod(`${folder}/closed/dog`, 0o000);
      const [photos, closed] = await foundByNobody(
        `${folder}/photos`,
        `${folder}/closed`,
      );
      await Deno.chmod(`${folder}/closed/dog`, 0o755);
      match(
        photos?.[0] ?? "",
        /^3 images in 2 classes, 6 B each \(1 cannot be read: Permission denied .*cat\/2\.jpg'\)$/,
      );
      match(
        photos?.[1] ?? "",
        /^Cannot read image .*cat\/2\.jpg: Permission denied/,
      );
      strictEqual(photos?.length, 2);
      match(
        closed?.[0] ?? "",
        /^Cannot use .*closed\/dog: found Permission denied .*closed\/dog'?, wanted a folder that can be read$/,
      );
    });
  },
);
