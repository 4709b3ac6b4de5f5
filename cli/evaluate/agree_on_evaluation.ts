/** Agreement of the processes that share an evaluation on what they evaluate. */
import { contentDigest, type ImageSource } from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { agreeOn, numbersDigest, type OpenedEncoder } from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import { flagsOf, programIdentity } from "../command/program_identity.ts";
import type { EvaluatedImages } from "../images/unreadable.ts";
import { waitingFor } from "../output/progress_bar.ts";

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
