/** Exceptions of loading that no image is to blame for. */

/** The decoder itself cannot be had. */
export class DecoderMissing extends Error {
  /** Name of the class. */
  override readonly name = "DecoderMissing";
}

/** A worker ended by itself. */
export class WorkerLost extends Error {
  /** Name of the class. */
  override readonly name = "WorkerLost";
}
