/** The parts of the measurement, in the order in which they are taken. */
import { DISPATCHES } from "./machine/dispatches.ts";
import { IMAGES } from "./steps/images.ts";
import { LOSSES } from "./steps/losses.ts";
import { MACHINE } from "./machine/machine.ts";
import type { Part } from "./part.ts";
import { PEERS } from "./peers/peers.ts";
import { PRODUCTS } from "./products/products.ts";
import { ROOFS } from "./machine/roofs.ts";
import { SAVING } from "./steps/saving.ts";
import { STEPS } from "./steps/steps.ts";

/** All parts, the most important first. */
export const PARTS: readonly Part[] = [
  ...[MACHINE, ROOFS, STEPS, PEERS, PRODUCTS],
  ...[DISPATCHES, LOSSES, SAVING, IMAGES],
];
