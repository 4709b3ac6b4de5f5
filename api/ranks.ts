/**
 * Ranks: several processes, on one machine or many, that share the steps of a training.
 *
 * @module
 */
export {
  describeRankError,
  type RankError,
  type RankPlace,
  type Ranks,
  type Traffic,
} from "../ranks/ranks.ts";
export { type Launch, launchOf, type MpiFamily } from "../ranks/mpi/launch.ts";
export { type JoinOptions, joinRanks } from "../ranks/mpi/mpi_ranks.ts";
export type { StepMeeting, StepWords } from "../train/engine/meeting.ts";
export { agreeOn, fromFirst } from "../train/ranks/agreement.ts";
export { commonStart } from "../train/ranks/common_start.ts";
export type { RowStretch, StepRows } from "../data/loader/step_rows.ts";
