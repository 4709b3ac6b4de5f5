import { deepStrictEqual, doesNotMatch, throws } from "node:assert/strict";
import { withRuntimeFolder } from "../../../../backends/webgpu/device/runtime_folder.ts";

const FOLDER = "XDG_RUNTIME_DIR";
const ADAPTER = new URL(
  "../../../../backends/webgpu/device/graphics_adapter.ts",
  import.meta.url,
);

/** The variable while something is asked for, and afterwards. */
function seen(
  folder: string | undefined,
  ask: () => void = () => {},
): readonly (string | undefined)[] {
  const variables = new Map<string, string>();
  if (folder !== undefined) variables.set(FOLDER, folder);
  const set = (name: string, value: string) => void variables.set(name, value);
  const environment = {
    ...{ get: (name: string) => variables.get(name), set },
    delete: (name: string) => void variables.delete(name),
  };
  let during: string | undefined;
  try {
    withRuntimeFolder(() => {
      during = variables.get(FOLDER);
      ask();
    }, environment);
  } catch {
    // What it gives while it fails is of no interest.
  }
  return [during, variables.get(FOLDER)];
}

Deno.test("withRuntimeFolder() names a folder where none is named, only for the question", () => {
  deepStrictEqual(seen(undefined), ["/nonexistent", undefined]);
  deepStrictEqual(seen("run"), ["/nonexistent", "run"]);
  deepStrictEqual(seen("/run/user/1000"), ["/run/user/1000", "/run/user/1000"]);
});

Deno.test("withRuntimeFolder() of a question that fails fails, and leaves nothing behind", () => {
  const fail = () => {
    throw new Error("no");
  };
  deepStrictEqual(seen(undefined, fail), ["/nonexistent", undefined]);
  throws(() => withRuntimeFolder(fail, null), /no/);
});

/** What a process says on its error output that asks twice for an adapter. */
async function complaints(permissions: readonly string[]): Promise<string> {
  const { PATH = "", HOME = "", DENO_DIR } = Deno.env.toObject();
  const code = `import { graphicsAdapter } from "${ADAPTER}";
    await graphicsAdapter();
    await graphicsAdapter();`;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, code);
  try {
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--quiet", ...permissions, file],
      clearEnv: true,
      env: { PATH, HOME, ...DENO_DIR === undefined ? {} : { DENO_DIR } },
    }).output();
    return new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("graphicsAdapter() lets nobody complain of the environment", async () => {
  doesNotMatch(await complaints(["-A"]), /XDG_RUNTIME_DIR/);
});

Deno.test("graphicsAdapter() needs no permission, and asks for none", async () => {
  doesNotMatch(await complaints(["--no-prompt"]), /error: (?!XDG)|Requires/);
});
