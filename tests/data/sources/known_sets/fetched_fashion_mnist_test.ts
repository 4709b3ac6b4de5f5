import { deepStrictEqual, match } from "node:assert/strict";
import { embeddedFashionMnist } from "../../../../data/mod.ts";
import { fetchedFashionMnist } from "../../../../data/sources/known_sets/fetched_fashion_mnist.ts";
import { serveFolder } from "../../../../tools/page/serve_folder.ts";
import { errorOf, valueOf } from "../../sources.ts";

const FOLDER = new URL(
  "../../../../data/sources/known_sets/fashion_mnist",
  import.meta.url,
);

Deno.test("fetchedFashionMnist() gives the pictures and labels that come with the package", async () => {
  const server = serveFolder(FOLDER.pathname);
  try {
    const address = `http://127.0.0.1:${server.addr.port}`;
    const fetched = valueOf(await fetchedFashionMnist(address));
    const own = valueOf(await embeddedFashionMnist());
    deepStrictEqual(
      [fetched.length, fetched.summary, fetched.label(7)],
      [own.length, own.summary, own.label(7)],
    );
    deepStrictEqual(await fetched.read(9_999), await own.read(9_999));
    const elsewhere = await fetchedFashionMnist(`${address}/elsewhere/`);
    match(
      errorOf(elsewhere),
      /elsewhere\/t10k-images-idx3-ubyte\.gz: found the answer 404, wanted an idx file/,
    );
  } finally {
    await server.shutdown();
  }
});

Deno.test("fetchedFashionMnist() refuses an address that is none", async () => {
  const refused = errorOf(await fetchedFashionMnist("pictures"));
  match(refused, /Cannot use pictures\/t10k-images/);
});
