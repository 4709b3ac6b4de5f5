import { match, ok, strictEqual } from "node:assert/strict";
import { Writable } from "node:stream";
import { keepOpen, type Sink } from "../../../cli/output/keep_open.ts";

const textOf = (written: readonly number[]): string =>
  new TextDecoder().decode(Uint8Array.from(written));

/** A sink that takes some bytes at a time, unless something is wrong with it. */
function sinkOf(written: number[], fault: () => Promise<void>): Sink {
  return {
    write: async (bytes) => {
      await fault();
      const some = bytes.subarray(0, 4097);
      written.push(...some);
      return some.length;
    },
  };
}

Deno.test("keepOpen() writes all in order, a part at a time", async () => {
  const written: number[] = [];
  const stream = new Writable();
  const kept = keepOpen(stream, sinkOf(written, () => Promise.resolve()));
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i} – ü\n`);
  for (const line of lines) strictEqual(stream.write(line), true);
  strictEqual(await kept.flush(), true);
  strictEqual(textOf(written), lines.join(""));
});

Deno.test("keepOpen() loses what cannot be written and writes what can", async () => {
  const written: number[] = [];
  let isFull = true;
  const stream = new Writable();
  const kept = keepOpen(
    stream,
    sinkOf(
      written,
      () =>
        isFull
          ? Promise.reject(new Error("No space left on device (os error 28)"))
          : Promise.resolve(),
    ),
  );
  stream.write("a");
  ok(await kept.flush());
  stream.emit("error", new Error("EPIPE: broken pipe, write"));
  isFull = false;
  stream.write("c");
  ok(await kept.flush());
  strictEqual(textOf(written), "c");
});

Deno.test("keepOpen() does not wait for a reader that does not read, and tells it later what it has lost", async () => {
  const written: number[] = [];
  const { promise: reader, resolve: read } = Promise.withResolvers<void>();
  const stream = new Writable();
  const kept = keepOpen(stream, sinkOf(written, () => reader));
  const line = `${"x".repeat(2 ** 16 - 1)}\n`;
  const taken = Array.from({ length: 40 }, () => stream.write(line));
  strictEqual(taken.filter((isTaken) => isTaken).length, 16, "a mebibyte");
  strictEqual(await kept.flush(10), false, "nothing was read");
  read();
  ok(await kept.flush());
  const text = textOf(written);
  strictEqual(text.match(/x\n/g)?.length, 16);
  match(text, /\n\(1572864 bytes of output were not read and are lost\)\n$/);
});

Deno.test({
  name:
    `a process whose output nobody reads ends with its work done and its exit code${
      Deno.build.os === "linux" ? "" : " [skipped: not Linux]"
    }`,
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const module = new URL(
      "../../../cli/output/keep_open.ts",
      import.meta.url,
    ).href;
    const program = `
      import { keepOpen } from ${JSON.stringify(module)};
      import process from "node:process";
      const kept = keepOpen(process.stdout, Deno.stdout);
      const line = "x".repeat(2 ** 12);
      for (let i = 0; i < 100; i++) process.stdout.write(line);
      console.error("work done");
      await kept.flush(50);
      process.exit(3);
    `;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    // A pipe holds 64 KiB; nobody reads this one until its writer has ended.
    const { code } = await child.status;
    strictEqual(code, 3);
    match(await new Response(child.stderr).text(), /work done/);
    await child.stdout.cancel();
  },
});
