/** A plain server of files, to this machine alone. */
import { extname, join, normalize } from "node:path";

/** Types of the files of a page by their endings. */
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
  ".gz": "application/gzip",
};

/** The file that an address names, below the folder. */
function pathOf(address: string): string {
  const path = normalize(decodeURIComponent(new URL(address).pathname));
  return path.endsWith("/") ? `${path}index.html` : path;
}

async function answer(folder: string, address: string): Promise<Response> {
  const path = pathOf(address);
  const type = TYPES[extname(path)];
  if (type === undefined) return new Response(null, { status: 404 });
  try {
    const bytes = await Deno.readFile(join(folder, path));
    return new Response(bytes, { headers: { "content-type": type } });
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
    return new Response(null, { status: 404 });
  }
}

/**
 * Serves a folder at `127.0.0.1`.
 *
 * @param port 0 for any that is free.
 */
export const serveFolder = (
  folder: string,
  port: number = 0,
): Deno.HttpServer<Deno.NetAddr> =>
  Deno.serve(
    { hostname: "127.0.0.1", port, onListen: () => {} },
    ({ url }) => answer(folder, url),
  );
