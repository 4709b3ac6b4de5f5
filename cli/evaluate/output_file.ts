/** A classifier in a file of its own, beside the folder of its run. */
import { open, rm } from "node:fs/promises";
import type { Result } from "../../core/mod.ts";
import {
  atEpochEnds,
  type ClassifierFacts,
  factsText,
  fileResult,
  type Hook,
  replaceFile,
  type TrainError,
  type Training,
  type TrainingIdentity,
  trainingParts,
} from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { describeTraining } from "../command/describe_errors.ts";

/**
 * Sees whether a file could be replaced, for a refusal before work that would be in
 * vain. The file itself is not touched: as `replaceFile` does, this writes beside it.
 *
 * @param path The file, there or not.
 * @returns Nothing, or why it could not be written.
 */
export function checkWritable(
  path: string,
): Promise<Result<TrainError, void>> {
  const beside = `${path}.partial`;
  return fileResult(path, async () => {
    const file = await open(beside, "w");
    await file.close();
    await rm(beside);
  });
}

/**
 * Writes the state of a training into a file after every epoch and at its end.
 *
 * @param path The file; without one nothing is written.
 * @param facts What the classifier needs beside its weights; it is written with them.
 * @throws {CommandFailed} where the file cannot be written.
 */
export async function outputHooks(
  identity: TrainingIdentity,
  path: string | undefined,
  facts: ClassifierFacts,
): Promise<readonly Hook[]> {
  if (path === undefined) return [];
  must(await checkWritable(path), describeTraining);
  let written = -1;
  const write = async (
    training: Training,
  ): Promise<Result<TrainError, void> | void> => {
    if (written === training.step) return;
    const state = await training.snapshot();
    if (state._tag === "Left") return state;
    written = training.step;
    const filed = { snapshot: state.right, note: factsText(facts) };
    return await replaceFile(path, trainingParts(identity, filed));
  };
  return [{
    every: atEpochEnds(identity),
    onStep: (_, training) => write(training),
    onEnd: write,
  }];
}

/** The file that is written: the one that is asked for, else the one that was gone on from. */
export const outputFile = (
  { output, resume }: { readonly output?: string; readonly resume?: string },
  { file }: { readonly file: string | null },
): string | undefined => output ?? (file === resume ? resume : undefined);

/** The file of the untrained encoder's classifier beside that of the trained one. */
export const untrainedFile = (output: string): string =>
  output.replace(/(\.safetensors)?$/, "-untrained.safetensors");
