/**
 * Processes of one training and how they exchange numbers.
 *
 * @module
 */
export { type Launch, launchOf, type MpiFamily } from "./mpi/launch.ts";
export { type JoinOptions, joinRanks } from "./mpi/mpi_ranks.ts";
export * from "./ranks.ts";
export { type Launch, LAUNCH_VARIABLES, launchOf } from "./mpi/launch.ts";
