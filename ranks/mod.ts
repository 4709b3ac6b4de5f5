/**
 * Processes of one training and how they exchange numbers.
 *
 * @module
 */
export * from "./ranks.ts";
