/**
 * What an event file of TensorBoard says, as data and as bytes.
 *
 * Field numbers are those of TensorFlow's `event.proto` and `summary.proto`.
 *
 * @module
 * @see {@link https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto}
 */
import {
  double,
  float,
  integer,
  joined,
  message,
  text,
} from "../../../backends/protobuf_wire.ts";

/** Numbers by tag; TensorBoard groups charts by what stands before the slash. */
export type Scalars = Readonly<Record<string, number>>;

/** Version of the files; with it a restart purges what it takes back. */
const FILE_VERSION = "brain.Event:2";

/** `SessionLog.START`. */
const START = 1;

/** What an event says. */
export type EventContent =
  /** The first of a file: which version it has. */
  | { readonly _tag: "FileVersion" }
  /** A run begins or goes on at this step: earlier files count up to it and no further. */
  | { readonly _tag: "Start" }
  /** Numbers of a step. */
  | { readonly _tag: "Scalars"; readonly values: Scalars };

/** An event at a moment. */
export interface TensorBoardEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  /** Optimizer step. */
  readonly step: number;
  /** What it says. */
  readonly content: EventContent;
}

/** The field of `Event` that holds the content. */
function contentField(content: EventContent): Uint8Array {
  switch (content._tag) {
    case "FileVersion":
      return text(3, FILE_VERSION);
    case "Start":
      return message(7, [integer(1, START)]);
    case "Scalars":
      return message(
        5,
        Object.entries(content.values).map(([tag, value]) =>
          message(1, [text(1, tag), float(2, value)])
        ),
      );
  }
}

/**
 * The bytes of an `Event`.
 *
 * @param event The event; numbers become `float`, as in every scalar of TensorBoard.
 * @returns What a record of an event file holds.
 *
 * @example
 * ```ts
 * import { encodeEvent } from "@vitfreeze/vitfreeze/train";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const start = encodeEvent({ wallTime: 0, step: 5, content: { _tag: "Start" } });
 *
 * deepStrictEqual([...start.subarray(9)], [0x10, 5, 0x3a, 2, 0x08, 1]);
 * ```
 */
export function encodeEvent(
  { wallTime, step, content }: TensorBoardEvent,
): Uint8Array {
  return joined([
    double(1, wallTime),
    integer(2, step),
    contentField(content),
  ]);
}
