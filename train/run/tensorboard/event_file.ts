/**
 * Event files of TensorBoard.
 *
 * @module
 */
import { mkdir, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { joined } from "../../../backends/protobuf_wire.ts";
import type { Result } from "../../../core/mod.ts";
import { fileResult } from "../../files/file_result.ts";
import type { TrainError } from "../../train_error.ts";
import {
  encodeEvent,
  type EventContent,
  type TensorBoardEvent,
} from "./event.ts";
import { tfrecord } from "./tfrecord.ts";

/** What the name of every event file begins with. */
const PREFIX = "events.out.tfevents.";

/** An event file that is written. */
export interface EventFile {
  /** Where it is. */
  readonly path: string;
  /** Appends events; they are in the file when the promise is fulfilled. */
  append(
    events: readonly TensorBoardEvent[],
  ): Promise<Result<TrainError, void>>;
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
 * A record that was cut off when an earlier writer died stays in that writer's
 * file, where TensorBoard ends reading it.
 *
 * @param folder Folder for it; made if missing.
 * @param step Step at which the run begins or goes on.
 * @param seconds The time, seconds since 1970.
 *
 * @example
 * ```ts
 * import { openEventFile } from "@vitfreeze/vitfreeze/train";
 * import { strictEqual } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * const file = await openEventFile(folder, 0, Date.now() / 1000);
 * if (file._tag === "Left") throw new Error(file.left._tag);
 * const content = { _tag: "Scalars", values: { "loss/total": 0.5 } } as const;
 * const written = await file.right.append([{ wallTime: 1.7e9, step: 0, content }]);
 * await file.right.close();
 *
 * strictEqual(written._tag, "Right");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function openEventFile(
  folder: string,
  step: number,
  seconds: number,
): Promise<Result<TrainError, EventFile>> {
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
