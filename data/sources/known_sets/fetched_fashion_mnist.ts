/** The pictures that come with this package, for a page: they are fetched. */
import { type Result, right } from "../../../core/mod.ts";
import type { ImageSource } from "../../image/image_source.ts";
import { badFile, type DataError, reasonOf } from "../../report/data_error.ts";
import { unpacked } from "../unpack.ts";
import { fashionMnistSource, type NamedBytes } from "./fashion_mnist_source.ts";

async function fetched(
  folder: string,
  name: string,
): Promise<Result<DataError, NamedBytes>> {
  const path = `${folder}${name}`;
  const refused = (found: string) => badFile(path, found, "an idx file");
  try {
    const response = await fetch(new URL(path));
    if (!response.ok) return refused(`the answer ${response.status}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return right({ path, bytes: await unpacked(bytes) });
  } catch (thrown) {
    return refused(reasonOf(thrown));
  }
}

/**
 * The 10,000 test images of Fashion-MNIST from a folder on the web.
 *
 * @param folder Whole address of the folder with `t10k-images-idx3-ubyte.gz` and
 * `t10k-labels-idx1-ubyte.gz`, as this package has them in
 * `data/sources/known_sets/fashion_mnist`; with or without a slash at its end.
 * @returns A labelled source of grey images held in memory, or what is wrong.
 *
 * @example The folder beside the page's own program
 * ```ts ignore
 * import { fetchedFashionMnist, orThrow } from "@vitfreeze/vitfreeze/web";
 *
 * const source = orThrow(await fetchedFashionMnist(new URL("./pictures", import.meta.url)));
 * console.log(source.summary);
 * ```
 */
export async function fetchedFashionMnist(
  folder: string | URL,
): Promise<Result<DataError, ImageSource>> {
  const base = String(folder).replace(/\/?$/, "/");
  const images = await fetched(base, "t10k-images-idx3-ubyte.gz");
  if (images._tag === "Left") return images;
  const labels = await fetched(base, "t10k-labels-idx1-ubyte.gz");
  return labels._tag === "Left"
    ? labels
    : fashionMnistSource("Fashion-MNIST test", images.right, labels.right);
}
