/**
 * Event files as others read them: protobufjs by TensorFlow's schema, with
 * checksums that are checked.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import protobuf from "protobufjs";
import {
  crc32c,
  eventFiles,
} from "../../../../train/run/tensorboard/event_file.ts";

/** The parts of TensorFlow's schema that event files of scalars use. */
const EVENT = protobuf.parse(`
  syntax = "proto3";
  message Event {
    double wall_time = 1;
    int64 step = 2;
    oneof what {
      string file_version = 3;
      bytes graph_def = 4;
      Summary summary = 5;
      SessionLog session_log = 7;
      bytes meta_graph_def = 9;
    }
  }
  message Summary {
    message Value {
      string tag = 1;
      oneof value { float simple_value = 2; bytes tensor = 8; }
      string node_name = 7;
      bytes metadata = 9;
    }
    repeated Value value = 1;
  }
  message SessionLog {
    enum SessionStatus { STATUS_UNSPECIFIED = 0; START = 1; STOP = 2; CHECKPOINT = 3; }
    SessionStatus status = 1;
    string checkpoint_path = 2;
    string msg = 3;
  }
`).root.lookupType("Event");

/** An event as it was read. */
export interface ReadEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  /** Optimizer step. */
  readonly step: number;
  /** Version of the file, where the event says it. */
  readonly fileVersion?: string;
  /** Status of the session, where the event says it. */
  readonly sessionLog?: { readonly status: string };
  /** Numbers, where the event says some. */
  readonly summary?: {
    readonly value: readonly {
      readonly tag: string;
      readonly simpleValue: number;
    }[];
  };
}

/** Takes the mask off a checksum. */
const unmasked = (stored: number): number => {
  const turned = (stored - 0xa282ead8) >>> 0;
  return ((turned >>> 17) | (turned << 15)) >>> 0;
};

/** Data of the whole records of a file; fails where a checksum is wrong. */
export function recordsOf(file: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Uint8Array[] = [];
  const check = (part: Uint8Array, at: number): void => {
    if (unmasked(view.getUint32(at, true)) !== crc32c(part)) {
      throw new Error(`wrong checksum at byte ${at}`);
    }
  };
  for (let at = 0; at + 12 <= file.length;) {
    const length = Number(view.getBigUint64(at, true));
    check(file.subarray(at, at + 8), at + 8);
    const end = at + 12 + length;
    if (end + 4 > file.length) break;
    const data = file.subarray(at + 12, end);
    check(data, end);
    records.push(data);
    at = end + 4;
  }
  return records;
}

/** The events in the bytes of a file; a record that is cut off ends them. */
export const eventsIn = (file: Uint8Array): readonly ReadEvent[] =>
  recordsOf(file).map((data) =>
    EVENT.toObject(EVENT.decode(data), { longs: Number, enums: String })
  ) as unknown as readonly ReadEvent[];

/** The events of a file. */
export const readEvents = async (
  path: string,
): Promise<readonly ReadEvent[]> => eventsIn(await readFile(path));

/**
 * What TensorBoard shows of files that it reads one after the other: the numbers
 * of a tag by step. A start takes back all steps from its own on.
 */
export function shownOf(
  files: readonly (readonly ReadEvent[])[],
): (tag: string) => readonly (readonly [step: number, value: number])[] {
  let kept: readonly ReadEvent[] = [];
  for (const event of files.flat()) {
    kept = event.sessionLog?.status === "START"
      ? kept.filter(({ step }) => step < event.step)
      : [...kept, event];
  }
  return (tag) =>
    kept.flatMap(({ step, summary }) =>
      (summary?.value ?? []).filter((value) => value.tag === tag)
        .map(({ simpleValue }) => [step, simpleValue] as const)
    );
}

/** What TensorBoard shows of a run's folder. */
export async function shownInRun(
  run: string,
): Promise<ReturnType<typeof shownOf>> {
  const folder = join(run, "tensorboard");
  const names = await eventFiles(folder);
  return shownOf(
    await Promise.all(names.map((name) => readEvents(join(folder, name)))),
  );
}
