/**
 * The folder that Wayland's library wants to know of.
 *
 * Where a runtime asks for adapters, it looks for a Wayland display as well, although it
 * draws nothing. Its library then writes on the process's standard error output, twice,
 * that `XDG_RUNTIME_DIR` is not set: as in a container, or over SSH.
 */

/** The variable that names the folder. */
const FOLDER = "XDG_RUNTIME_DIR";

/** No display is found here, and that is not complained of. */
const NOWHERE = "/nonexistent";

/** Variables of the environment. */
type Environment = Pick<typeof Deno.env, "get" | "set" | "delete">;

/** The environment, where there is such a complaint and the variable may be set. */
function openEnvironment(): Environment | null {
  if (typeof Deno === "undefined" || Deno.build.os !== "linux") return null;
  const leave = Deno.permissions.querySync({ name: "env", variable: FOLDER });
  return leave.state === "granted" ? Deno.env : null;
}

/**
 * Asks a runtime for what makes it look for displays. The variable is set before and as it
 * was afterwards, before anything else happens: no process that is started ever sees it.
 *
 * @param ask Asks without waiting for the answer.
 * @param environment By default that of this process, where the variable may be set.
 * @returns What it gives; without an environment, and with the complaint, too.
 */
export function withRuntimeFolder<A>(
  ask: () => A,
  environment: Environment | null = openEnvironment(),
): A {
  const before = environment?.get(FOLDER);
  // Wayland's library takes whole paths alone.
  if (environment === null || before?.startsWith("/")) return ask();
  environment.set(FOLDER, NOWHERE);
  try {
    return ask();
  } finally {
    if (before === undefined) environment.delete(FOLDER);
    else environment.set(FOLDER, before);
  }
}
