/** The environment, as far as the program may look at it. */
import process from "node:process";

/** A variable of the environment; nothing without permission to look. */
export function environmentVariable(name: string): string | undefined {
  const leave = Deno.permissions.querySync({ name: "env", variable: name });
  return leave.state === "granted" ? process.env[name] : undefined;
}
