/**
 * Event files of TensorBoard: TFRecords of protocol buffers, one behind the other.
 *
 * ```text
 * uint64 length · uint32 masked CRC of the length · data · uint32 masked CRC of the data
 * ```
 *
 * Field numbers are those of TensorFlow's `event.proto` and `summary.proto`.
 *
 * @see {@link https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details}
 * @see {@link https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto}
 * @see {@link https://www.rfc-editor.org/rfc/rfc3720#section-12.1}
 */
import { mkdir, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import {
  double,
  float,
  integer,
  joined,
  message,
  text,
} from "../../../backends/protobuf_wire.ts";
import type { Result } from "../../../core/mod.ts";
import { type FileFailed, fileResult } from "../../files/file_result.ts";

/** Castagnoli's polynomial, the lowest power first. */
const POLYNOMIAL = 0x82f63b78;

/** Contribution of the lower byte of a remainder to the rest of it. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0);
  }
  return remainder;
});

/**
 * CRC-32C (Castagnoli) of bytes, as in iSCSI.
 *
 * @returns A whole number in `[0, 2³²)`.
 */
export function crc32c(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder = (remainder >>> 8) ^ (TABLE[(remainder ^ byte) & 0xff] ?? 0);
  }
  return ~remainder >>> 0;
}

/** Bytes before the data: the length and its checksum. */
const HEADER = 12;
/** Bytes behind the data: their checksum. */
const FOOTER = 4;

/**
 * Checksum of bytes as it is stored beside them. The mask keeps the checksum of
 * a file that holds checksums from being degenerate.
 */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * Frames data as one record.
 *
 * @returns The bytes to append to a file: 16 more than `data`.
 */
export function tfrecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(HEADER + data.length + FOOTER);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, HEADER);
  view.setUint32(HEADER + data.length, maskedCrc(data), true);
  return record;
}

/** Numbers by tag; TensorBoard groups charts by what stands before the slash. */
export type Scalars = Readonly<Record<string, number>>;

/** Version of the files; with it a restart purges what it takes back. */
const FILE_VERSION = "brain.Event:2";

/** `SessionLog.START`. */
const START = 1;

/** Content of an event. */
export type EventContent =
  /** The first of a file: which version it has. */
  | { readonly _tag: "FileVersion" }
  /** A run begins or resumes at this step: earlier files count up to it and no further. */
  | { readonly _tag: "Start" }
  /** Numbers of a step. */
  | { readonly _tag: "Scalars"; readonly values: Scalars };

/** An event with its time and step. */
export interface TensorBoardEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  /** Optimizer step. */
  readonly step: number;
  /** Its content. */
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
 */
export function encodeEvent(
  { wallTime, step, content }: TensorBoardEvent,
): Uint8Array {
  return joined([double(1, wallTime), integer(2, step), contentField(content)]);
}

/** Beginning of the name of every event file. */
const PREFIX = "events.out.tfevents.";

/** An event file that is written. */
export interface EventFile {
  /** Path. */
  readonly path: string;
  /** Appends events; they are in the file when the promise is fulfilled. */
  append(
    events: readonly TensorBoardEvent[],
  ): Promise<Result<FileFailed, void>>;
  /** Closes the file. */
  close(): Promise<void>;
}

/** Seconds in the names of the event files in a folder. */
const startsIn = (names: readonly string[]): readonly number[] =>
  names.filter((name) => name.startsWith(PREFIX))
    .map((name) => parseInt(name.slice(PREFIX.length), 10))
    .filter(Number.isSafeInteger);

/**
 * A name that sorts behind those of earlier files, as TensorBoard reads them in
 * the order of their names; also when the clock was set back.
 */
function nextName(names: readonly string[], seconds: number): string {
  const latest = Math.max(...startsIn(names), -Infinity);
  const start = Math.max(Math.floor(seconds), latest + 1);
  return `${PREFIX}${String(start).padStart(10, "0")}.${process.pid}`;
}

const framed = (events: readonly TensorBoardEvent[]): Uint8Array =>
  joined(events.map((event) => tfrecord(encodeEvent(event))));

/**
 * Names of the event files in a folder, in the order in which TensorBoard reads
 * them.
 *
 * @param folder The folder; one that does not exist has none.
 */
export async function eventFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter((name) => name.startsWith(PREFIX)).sort();
}

/**
 * Begins a new event file, which says first at which step it starts: what earlier
 * files of the folder say of that step and later ones is void from now on.
 *
 * A record that was cut off when an earlier writer was killed stays in that writer's
 * file, where TensorBoard ends reading it.
 */
export function openEventFile(
  folder: string,
  step: number,
  seconds: number,
): Promise<Result<FileFailed, EventFile>> {
  return fileResult(folder, async () => {
    await mkdir(folder, { recursive: true });
    const path = join(folder, nextName(await readdir(folder), seconds));
    const at = (content: EventContent): TensorBoardEvent => ({
      wallTime: seconds,
      step,
      content,
    });
    const handle = await open(path, "ax");
    await handle.writeFile(framed([
      at({ _tag: "FileVersion" }),
      at({ _tag: "Start" }),
    ]));
    return {
      path,
      append: (events) =>
        fileResult(path, () => handle.writeFile(framed(events))),
      close: () => handle.close(),
    };
  });
}
