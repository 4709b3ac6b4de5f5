/**
 * Processes of one training and how they exchange numbers.
 *
 * @module
 */
export {
  type Launch,
  LAUNCH_VARIABLES,
  launchOf,
  type MpiFamily,
} from "./mpi/launch.ts";
export { type JoinOptions, joinRanks } from "./mpi/mpi_ranks.ts";
export * from "./ranks.ts";
