/**
 * Processes of one training and how they exchange numbers.
 *
 * @module
 */
export * from "./ranks.ts";
export { type Launch, LAUNCH_VARIABLES, launchOf } from "./mpi/launch.ts";
