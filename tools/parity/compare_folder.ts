/** All groups of a fixture folder on one engine. */
import type { Backend } from "../../backends/backend.ts";
import { type Result, right } from "../../core/mod.ts";
import type { TrainError } from "../../train/train_error.ts";
import { compare, type Comparison, type Group } from "./comparison.ts";
import type { Fixture } from "./fixture_folder.ts";
import { forwardGroups } from "./forward_groups.ts";
import { rateGroups } from "./rate_groups.ts";
import { trainingGroups } from "./training_groups.ts";

/**
 * Computes everything that a folder records and compares it.
 *
 * @param backend Backend that computes.
 * @param fixture The reference's numbers.
 * @returns Comparison of each group, or why the engine failed.
 */
export async function compareFolder(
  backend: Backend,
  fixture: Fixture,
): Promise<Result<TrainError, readonly Comparison[]>> {
  const forward = await forwardGroups(backend, fixture);
  if (forward._tag === "Left") return forward;
  const groups: Group[] = [...forward.right];
  for (const point of fixture.points) {
    const training = await trainingGroups(backend, fixture, point);
    if (training._tag === "Left") return training;
    groups.push(...training.right);
  }
  return right([...groups, ...rateGroups(fixture)].map(compare));
}
