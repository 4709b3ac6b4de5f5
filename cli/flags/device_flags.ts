/**
 * Flags of where it is computed.
 *
 * @module
 */
import { BACKEND_CHOICES } from "../../backends/mod.ts";
import { choiceFlag, under, wholeFlag } from "./flags.ts";

/** Flags of the device. */
export const DEVICE_FLAGS = under("Device", {
  "backend": choiceFlag(BACKEND_CHOICES, "where to compute", {
    initial: "auto",
  }),
  "threads": wholeFlag(1, "threads that compute, on onnx", {
    initial: "the processor's cores",
  }),
});
