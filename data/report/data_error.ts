/** Errors of images and of loading them. */
import {
  describeFaults,
  type Fault,
  type Faults,
  left,
  printable,
  type Result,
  right,
} from "../../core/mod.ts";

/** Errors of images and of their sources. */
export type DataError =
  /** A folder that is not there, or does not hold what it should. */
  | {
    readonly _tag: "BadFolder";
    readonly path: string;
    readonly found: string;
    readonly wanted: string;
  }
  /** A file of a data set that is not there, or is not what it should be. */
  | {
    readonly _tag: "BadFile";
    readonly path: string;
    readonly found: string;
    readonly wanted: string;
  }
  /** One image that cannot be read or decoded. */
  | {
    readonly _tag: "BadImage";
    readonly image: string;
    readonly reason: string;
  }
  /** More images that cannot be read than may be skipped. */
  | {
    readonly _tag: "TooManyBadImages";
    /** Count of those that were met. */
    readonly bad: number;
    /** Images of the source. */
    readonly length: number;
    /** The last one. */
    readonly image: string;
    /** Fault of the last one. */
    readonly reason: string;
  }
  /** A worker that ended by itself; no image is to blame. */
  | { readonly _tag: "WorkerLost"; readonly reason: string }
  /** A decoder of image files that cannot be loaded; no image is to blame. */
  | { readonly _tag: "DecoderMissing"; readonly reason: string }
  /** Options that make no sense, all of them at once. */
  | { readonly _tag: "BadOptions"; readonly faults: Faults };

/**
 * Text of a data error.
 *
 * @returns One or more sentences without a full stop. Names from files are made printable.
 *
 * @example A folder that is not there
 * ```ts
 * import { describeDataError } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(
 *   describeDataError({ _tag: "BadFolder", path: "photos", found: "nothing", wanted: "a folder" }),
 *   "Cannot use photos: found nothing, wanted a folder",
 * );
 * ```
 */
export function describeDataError(error: DataError): string {
  switch (error._tag) {
    case "BadFolder":
    case "BadFile":
      return printable(
        `Cannot use ${error.path}: found ${error.found}, wanted ${error.wanted}`,
      );
    case "BadImage":
      return printable(`Cannot read image ${error.image}: ${error.reason}`);
    case "TooManyBadImages": {
      const { bad, length, image, reason } = error;
      return printable(
        `Cannot read ${bad} of ${length} images, more than the 1 % that may be skipped. Image ${image}: ${reason}`,
      );
    }
    case "WorkerLost":
    case "DecoderMissing":
      return `Cannot load images: ${error.reason}`;
    case "BadOptions":
      return `Cannot load images:\n${describeFaults(error.faults)}`;
  }
}

/** A folder that is not there, or does not hold what it should. */
export const badFolder = (
  path: string,
  found: string,
  wanted: string,
): Result<DataError, never> => left({ _tag: "BadFolder", path, found, wanted });

/** A file of a data set that is not there, or is not what it should be. */
export const badFile = (
  path: string,
  found: string,
  wanted: string,
): Result<DataError, never> => left({ _tag: "BadFile", path, found, wanted });

/** One image that cannot be read. */
export const badImage = (
  image: string,
  reason: string,
): Result<DataError, never> => left({ _tag: "BadImage", image, reason });

/** True if a file operation failed because there is nothing at its path. */
export const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";

/** Message of an exception thrown by the runtime or a library. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * A value if nothing is wrong with it.
 *
 * @param faults Faults, `null` for each check that holds.
 */
export function unlessFaulty<A>(
  value: A,
  faults: readonly (Fault | null)[],
): Result<Faults, A> {
  const [first, ...rest] = faults.filter((fault) => fault !== null);
  return first === undefined ? right(value) : left([first, ...rest]);
}

/** A fault unless a number is a whole one within a range. */
export function wholeFault(
  path: string,
  found: number,
  least: number,
  most: number,
): Fault | null {
  if (Number.isInteger(found) && found >= least && found <= most) return null;
  const wanted = most === Infinity
    ? `a whole number ≥ ${least}`
    : `a whole number in [${least}, ${most}]`;
  return { _tag: "OutOfRange", path, found, wanted };
}
