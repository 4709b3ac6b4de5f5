/**
 * Ends its process while native code is at work: by `exit`, by an exception, by a
 * signal's handler, as the argument says.
 *
 * @module
 */
import process from "node:process";
import { onnxBackend } from "../../../../backends/mod.ts";
