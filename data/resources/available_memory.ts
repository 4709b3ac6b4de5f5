/** Memory of the machine. */
import process from "node:process";

/** Bytes that are free for programs; `null` where the process may not know. */
export function availableMemory(): number | null {
  if (typeof Deno === "undefined") {
    return process.getBuiltinModule("node:os").freemem();
  }
  const sys = { name: "sys", kind: "systemMemoryInfo" } as const;
  return Deno.permissions.querySync(sys).state === "granted"
    ? Deno.systemMemoryInfo().available
    : null;
}
