/** Choices as JSON, for one graphics card. */
import {
  describeFaults,
  type Faults,
  left,
  type Result,
  right,
} from "../../../core/mod.ts";
import {
  anything,
  type Codec,
  codecOf,
  decode,
  oneOf,
  unwanted,
  wholeFrom,
} from "../../../core/codec/codec.ts";
import { listOf, recordOf } from "../../../core/codec/structures.ts";
import {
  type VariantName,
  VARIANTS,
} from "../kernels/matmul/matmul_variants.ts";
import { type Choice, PRODUCT_NAME } from "./product.ts";

/** Version of the form and of the kernels: choices of other kernels say nothing of these. */
const VERSION = 1;

/** Most products that are kept. */
export const MOST_PRODUCTS = 2000;

/** Most characters of a text: those of so many products and more. */
const MOST_CHARACTERS = 200 * MOST_PRODUCTS;

interface Head {
  readonly version: number;
  readonly adapter: string;
  readonly products: unknown;
}

interface Entry extends Choice {
  readonly product: string;
}

const matching = (
  wanted: string,
  holds: (text: string) => boolean,
): Codec<string> =>
  codecOf(
    wanted,
    (found, place) =>
      typeof found !== "string"
        ? unwanted(found, place, "WrongType")
        : holds(found)
        ? []
        : unwanted(found, place, "OutOfRange"),
  );

const HEAD = decode(recordOf<Head>({
  version: wholeFrom(1),
  adapter: matching("the name of a graphics card", () => true),
  products: anything,
}));

const variants = Object.keys(VARIANTS) as [VariantName, ...VariantName[]];

const ENTRIES = decode(listOf(
  recordOf<Entry>({
    product: matching(
      "the name of a product",
      (text) => PRODUCT_NAME.test(text),
    ),
    variant: oneOf(...variants),
    split: wholeFrom(1),
  }),
  MOST_PRODUCTS,
));

const damaged = (faults: Faults): Result<string, never> =>
  left(`it is damaged: ${describeFaults(faults)}`);

function parsed(text: string): Result<string, unknown> {
  try {
    return right(JSON.parse(text));
  } catch {
    return left("it is damaged: this is no JSON");
  }
}

/**
 * Reads choices.
 *
 * @param adapter Name of the graphics card that they must be of.
 * @returns Choices by the names of products, or why there are none.
 */
export function readTuning(
  text: string,
  adapter: string,
): Result<string, ReadonlyMap<string, Choice>> {
  if (text.length > MOST_CHARACTERS) return left("it is too long");
  const json = parsed(text);
  if (json._tag === "Left") return json;
  const head = HEAD(json.right);
  if (head._tag === "Left") return damaged(head.left);
  const { version, products, ...of } = head.right;
  if (version !== VERSION) return left(`it is of version ${version}`);
  if (of.adapter !== adapter) {
    return left(`it is of another graphics card (${of.adapter.slice(0, 100)})`);
  }
  const entries = ENTRIES(products);
  return entries._tag === "Left" ? damaged(entries.left) : right(
    new Map(
      entries.right.map(({ product, variant, split }) =>
        [product, { variant, split }] as const
      ),
    ),
  );
}

/** Writes choices; of too many the oldest are left out. */
export function tuningText(
  choices: ReadonlyMap<string, Choice>,
  adapter: string,
): string {
  const products = [...choices].slice(-MOST_PRODUCTS).map((
    [product, { variant, split }],
  ): Entry => ({ product, variant, split }));
  const lines = products.map((entry) => JSON.stringify(entry));
  return `{"version":${VERSION},"adapter":${
    JSON.stringify(adapter)
  },"products":[
${lines.join(",\n")}
]}
`;
}
