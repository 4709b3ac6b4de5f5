/** Agreement of the processes that share an evaluation on what they evaluate. */
import { createHash } from "node:crypto";
import { contentDigest, type ImageSource } from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import {
  agreeOn,
  type HostTensors,
  type OpenedEncoder,
} from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import { flagsOf, programIdentity } from "../command/program_identity.ts";
import type { EvaluatedImages } from "../images/unreadable.ts";
import { waitingFor } from "../output/progress_bar.ts";

/** Digest of numbers under their names. */
function numbersDigest(tensors: HostTensors): string {
  const hash = createHash("sha256");
  for (const [name, { buffer, byteOffset, byteLength }] of tensors) {
    hash.update(`${name}: ${byteLength} bytes\n`);
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex").slice(0, 16);
}

/** Digest of the contents of images. */
const digestOf = (source: ImageSource): Promise<string> =>
  waitingFor("comparing the images", () => contentDigest(source));

/**
 * Makes sure that all processes are about to evaluate the same encoder on the same images.
 *
 * @param values Flags as they were given.
 * @param ranks The processes; nothing is done where there is one.
 * @throws {CommandFailed} where they are not.
 */
export async function agreeOnEvaluation(
  { encoder, train, validation }: EvaluatedImages & {
    readonly encoder: Pick<OpenedEncoder, "model" | "parameters">;
  },
  values: Readonly<Record<string, unknown>>,
  ranks: Ranks | null,
): Promise<void> {
  if (ranks === null) return;
  const { model, parameters } = encoder;
  mustWork(
    await agreeOn(ranks, {
      ...programIdentity(ranks),
      encoder: { model, parameters: numbersDigest(parameters) },
      images: {
        learned: train.length,
        judged: validation.length,
        normalization: train.normalization,
        learnedContents: await digestOf(train),
        judgedContents: await digestOf(validation),
      },
      flags: flagsOf(values),
    }),
  );
}
