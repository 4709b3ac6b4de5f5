/**
 * What stands before the names of an encoder in a file.
 *
 * @module
 */
import {
  excerpt,
  type Fault,
  left,
  type Result,
  right,
} from "../../core/mod.ts";

/** A name that every Vision Transformer has once. */
const LANDMARK = "patch_embed.proj.weight";

/**
 * Words that wrappers put before names: a dictionary's key, PyTorch's parallel
 * modules, a model that has the encoder as its part.
 */
const WRAPPERS: ReadonlySet<string> = new Set([
  "model",
  "module",
  "state_dict",
  "model_state",
  "net",
  "encoder",
  "backbone",
  "visual",
]);

const isKnown = (prefix: string): boolean =>
  prefix.split(".").slice(0, -1).every((word) => WRAPPERS.has(word));

const refuse = (found: unknown, wanted: string): Result<Fault, never> =>
  left({ _tag: "Inconsistent", path: "prefix", found, wanted });

/**
 * Finds what stands before the encoder's names.
 *
 * @param names Names of the tensors of a file.
 * @param asked The prefix, if it is known, for example `teacher.backbone.`.
 * @returns The prefix, possibly empty, or why none can be taken without asking:
 * there is no encoder, there are several, or it is called by an unknown word.
 *
 * @example
 * ```ts
 * import { encoderPrefix } from "@vitfreeze/vitfreeze/train";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const names = ["module.encoder.patch_embed.proj.weight", "module.head.weight"];
 * deepStrictEqual(encoderPrefix(names), { _tag: "Right", right: "module.encoder." });
 * ```
 */
export function encoderPrefix(
  names: readonly string[],
  asked?: string,
): Result<Fault, string> {
  const prefixes = names
    .filter((name) => name === LANDMARK || name.endsWith(`.${LANDMARK}`))
    .map((name) => name.slice(0, -LANDMARK.length));
  const listed = excerpt(prefixes.map((prefix) => `"${prefix}"`).join(", "));
  if (asked !== undefined) {
    return prefixes.includes(asked) ? right(asked) : refuse(
      asked,
      listed === "" ? `a tensor ${LANDMARK}` : `one of ${listed}`,
    );
  }
  const [first, ...others] = prefixes;
  if (first === undefined) {
    return refuse(
      names.slice(0, 3),
      `a Vision Transformer's tensor ${LANDMARK}`,
    );
  }
  if (others.length > 0) {
    return refuse(undefined, `one of the encoders ${listed}`);
  }
  return isKnown(first) ? right(first) : refuse(
    undefined,
    `"${excerpt(first)}", if that is the encoder that is meant`,
  );
}
