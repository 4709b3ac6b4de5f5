import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  encodeEvent,
  tfrecord,
} from "../../../../train/run/tensorboard/event_file.ts";
import { eventsIn, recordsOf } from "./read_events.ts";

const FOO_RECORD = "0300000000000000b099490e666f6f618abefe";

Deno.test("tfrecord() is undone by a reader that checks both checksums", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 })),
      (contents) => {
        const file = contents.flatMap((data) => [...tfrecord(data)]);
        deepStrictEqual(recordsOf(Uint8Array.from(file)), contents);
      },
    ),
  );
});

// By Python: struct.pack, and crc32c.crc32c of Debian's python3-crc32c 2.3, masked
// as TensorFlow's record_writer does it.
Deno.test("tfrecord() writes the bytes that Python makes of the same data", () => {
  strictEqual(tfrecord(new TextEncoder().encode("foo")).toHex(), FOO_RECORD);
});

Deno.test("encodeEvent() is read back by protobufjs, whatever the numbers and tags", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 4e9, noNaN: true }),
      fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      fc.dictionary(
        fc.string({ unit: "grapheme" }).filter((tag) => tag !== "__proto__"),
        fc.float(),
      ),
      (wallTime, step, values) => {
        const [event] = eventsIn(tfrecord(encodeEvent({
          wallTime,
          step,
          content: { _tag: "Scalars", values },
        })));
        strictEqual(event?.wallTime ?? 0, wallTime);
        strictEqual(event?.step ?? 0, step);
        deepStrictEqual(
          (event?.summary?.value ?? []).map(({ tag, simpleValue }) =>
            [tag, simpleValue] as const
          ),
          Object.entries(values),
        );
      },
    ),
  );
});

Deno.test("encodeEvent() writes the version and the start of a run by TensorFlow's schema", () => {
  const [version, start] = eventsIn(Uint8Array.from([
    ...tfrecord(encodeEvent({
      wallTime: 1.5,
      step: 0,
      content: { _tag: "FileVersion" },
    })),
    ...tfrecord(encodeEvent({
      wallTime: 2.5,
      step: 2 ** 40,
      content: { _tag: "Start" },
    })),
  ]));
  strictEqual(version?.fileVersion, "brain.Event:2");
  strictEqual(start?.sessionLog?.status, "START");
  deepStrictEqual([start?.wallTime, start?.step], [2.5, 2 ** 40]);
});
