// deno-lint-ignore-file no-console
/**
 * The page "A frozen layer is work that is not done": two copies of a small model race in a
 * browser, one of them with freezing.
 *
 * `deno task page` serves it to this machine; `--port N` asks for a port. `--out DIR` writes
 * it as a folder for any server instead.
 */
import { parseArgs } from "node:util";
import { serveFolder } from "./page/serve_folder.ts";
import { writePage } from "./page/write_page.ts";

/** What is asked for, or what is wrong with it. */
function askedFor(): { readonly out?: string; readonly port: number } {
  const { values } = parseArgs({
    options: { out: { type: "string" }, port: { type: "string" } },
  });
  const port = Number(values.port ?? 8000);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) {
    return { ...values.out === undefined ? {} : { out: values.out }, port };
  }
  throw new Error(
    `--port: found ${values.port}, wanted a whole number from 0 to 65535`,
  );
}

/** The server of a folder; a port that is taken is named. */
function serverOf(
  folder: string,
  port: number,
): ReturnType<typeof serveFolder> {
  try {
    return serveFolder(folder, port);
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.AddrInUse)) throw thrown;
    throw new Error(
      `--port: found ${port}, which another program has; wanted a free one, or 0 for any`,
    );
  }
}

/** Serves the page until the program is stopped. */
async function serve(port: number): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "page-" });
  try {
    await writePage(folder);
    const server = serverOf(folder, port);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => void server.shutdown());
    }
    console.log(`http://127.0.0.1:${server.addr.port}/   (Ctrl-C ends it)`);
    await server.finished;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

try {
  const { out, port } = askedFor();
  if (out === undefined) await serve(port);
  else {
    await writePage(out);
    console.log(`${out} is ready: any server of files can show it.`);
  }
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : String(thrown));
  Deno.exitCode = 1;
}
