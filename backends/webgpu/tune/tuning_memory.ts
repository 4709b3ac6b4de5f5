/** Choices of earlier starts, in a store that the caller brings along. */
import type { Choice } from "./product.ts";
import { MOST_PRODUCTS, readTuning, tuningText } from "./tuning_text.ts";

/** Keeps a text from one start to the next. */
export interface TuningStore {
  /** Its place in words, for messages. */
  readonly place?: string;
  /** The text that was saved last, or `null`. */
  load(): Promise<string | null>;
  /** Replaces the text. */
  save(text: string): Promise<void>;
}

/** Choices so far. */
export interface TuningMemory {
  /** Choices by the names of products, the oldest first. */
  known(): Promise<ReadonlyMap<string, Choice>>;
  /**
   * Adds choices and saves all.
   *
   * @returns Why they are not saved, or `null`.
   */
  keep(found: ReadonlyMap<string, Choice>): Promise<string | null>;
}

const wordsOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** Name of a graphics card with all that the runtime tells of it. */
export function adapterName(info: GPUAdapterInfo): string {
  const { description, vendor, architecture, device } = info;
  const { driver } = info as { readonly driver?: unknown };
  return [description, vendor, architecture, device, driver]
    .filter((word) => typeof word === "string" && word !== "").join(" · ");
}

/**
 * Choices in a store, which is read when they are first asked for. What cannot be read
 * is told, and replaced by what is found next.
 *
 * @param store `null` for choices that end with this process.
 * @param adapter Name of the graphics card.
 */
export function tuningMemory(
  store: TuningStore | null,
  adapter: string,
  say: (line: string) => void,
): TuningMemory {
  let choices: ReadonlyMap<string, Choice> = new Map();
  const stored = async (
    tell: (reason: string) => void,
  ): Promise<ReadonlyMap<string, Choice>> => {
    try {
      const text = await store?.load() ?? null;
      if (text === null) return new Map();
      const read = readTuning(text, adapter);
      if (read._tag === "Right") return read.right;
      tell(read.left);
    } catch (thrown) {
      tell(wordsOf(thrown));
    }
    return new Map();
  };
  const place = store?.place ?? "the memory of tuned products";
  let loading: Promise<void> | undefined;
  const load = async (): Promise<void> => {
    choices = await stored((reason) => say(`not used: ${place}: ${reason}`));
  };
  return {
    known: async () => {
      await (loading ??= load());
      return choices;
    },
    keep: async (found) => {
      await (loading ??= load());
      // Another process may have saved in between.
      const others = await stored(() => {});
      const all = [...new Map([...others, ...choices, ...found])];
      choices = new Map(all.slice(-MOST_PRODUCTS));
      if (store === null) return "there is no place for it";
      try {
        await store.save(tuningText(choices, adapter));
        return null;
      } catch (thrown) {
        return wordsOf(thrown);
      }
    },
  };
}
