/** The parts of the measurement, in the order in which they are taken. */
import { DISPATCHES } from "./dispatches.ts";
import { IMAGES } from "./images.ts";
import { LOSSES } from "./losses.ts";
import { MACHINE } from "./machine.ts";
import type { Part } from "./part.ts";
import { PEERS } from "./peers.ts";
import { PRODUCTS } from "./products.ts";
import { ROOFS } from "./roofs.ts";
import { SAVING } from "./saving.ts";
import { STEPS } from "./steps.ts";

/** All parts, the most important first. */
export const PARTS: readonly Part[] = [
  ...[MACHINE, ROOFS, STEPS, PEERS, PRODUCTS],
  ...[DISPATCHES, LOSSES, SAVING, IMAGES],
];
