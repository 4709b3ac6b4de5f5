import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { tarIndex } from "../../../../data/sources/tar/tar_index.ts";
import {
  type HandMember,
  handTar,
  joined,
  memberOf,
  tarOf,
} from "../../archives.ts";
import { errorOf, gzip, inFolder, valueOf } from "../../sources.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const LONG = `${"deep/".repeat(60)}${"n".repeat(90)}.jpg`;

Deno.test("tarIndex() finds what modern-tar writes, long names too", async () => {
  const files = {
    "a.jpg": "first",
    [LONG]: "second",
    "größe.jpg": "",
    "b/c.png": "x".repeat(1300),
  };
  await inFolder({ "t.tar": await tarOf(files) }, async (folder) => {
    const entries = valueOf(await tarIndex(`${folder}/t.tar`)).archives.flat();
    const whole = await Deno.readFile(`${folder}/t.tar`);
    deepStrictEqual(
      Object.fromEntries(entries.map(({ name, offset, size }) =>
        [
          name,
          new TextDecoder().decode(whole.subarray(offset, offset + size)),
        ] as const
      )),
      files,
    );
  });
});

Deno.test("tarIndex() finds what tar(1) writes in each of its formats, links by what they mean", async () => {
  await inFolder(
    { "in/a.jpg": "one", [`in/${LONG}`]: "two" },
    async (folder) => {
      await Deno.symlink("a.jpg", `${folder}/in/link.jpg`);
      await Deno.link(`${folder}/in/a.jpg`, `${folder}/in/z.jpg`);
      for (const format of ["gnu", "pax"]) {
        const path = `${folder}/${format}.tar`;
        const { success } = await new Deno.Command("tar", {
          args: [
            "--sort=name",
            `--format=${format}`,
            "-cf",
            path,
            "-C",
            `${folder}/in`,
            ".",
          ],
        }).output();
        strictEqual(success, true);
        const { archives, skipped } = valueOf(await tarIndex(path));
        deepStrictEqual(archives.flat().map(({ name, size }) => [name, size]), [
          ["./a.jpg", 3],
          [`./${LONG}`, 3],
          ["./link.jpg", 3],
          ["./z.jpg", 3],
        ]);
        strictEqual(skipped.words, "");
      }
    },
  );
});

Deno.test("tarIndex() names what is wrong and where", async () => {
  const tar = await tarOf({ "a.jpg": "x".repeat(2000) });
  const damaged = tar.slice();
  damaged[3] = 1;
  const wrong = {
    "a text file": "this is no archive",
    "an HTML page": "<!DOCTYPE html><title>404</title>",
    "half a header at byte 0": tar.subarray(0, 300),
    "a.jpg of 2000 bytes, which goes on behind the end, at byte 0": tar
      .subarray(
        0,
        1500,
      ),
    "no end, as of a file that was cut off, at byte 2560": tar.subarray(
      0,
      2560,
    ),
    "no end, as of a file that was cut off, at byte 2560 ": tar.subarray(
      0,
      2530,
    ),
    "a header with a wrong checksum at byte 0": damaged,
  };
  for (const [text, bytes] of Object.entries(wrong)) {
    await inFolder({ "t.tar": bytes }, async (folder) => {
      match(
        errorOf(await tarIndex(`${folder}/t.tar`)),
        new RegExp(
          `t\\.tar: found ${text.trim()}, wanted a tar archive$`,
        ),
      );
    });
  }
  match(errorOf(await tarIndex("/nowhere.tar")), /found nothing, wanted a tar/);
});

/** Names and contents of what an archive holds, and what is left out. */
async function inside(archive: Uint8Array) {
  let found: readonly (readonly (readonly [string, string])[])[] = [];
  let words = "";
  await inFolder({ "t.tar": archive }, async (folder) => {
    const { archives, skipped } = valueOf(await tarIndex(`${folder}/t.tar`));
    found = archives.map((entries) =>
      entries.map(({ name, offset, size }) =>
        [
          name,
          new TextDecoder().decode(archive.subarray(offset, offset + size)),
        ] as const
      )
    );
    words = skipped.words;
  });
  return { found, words };
}

const file = (name: string, content: string): HandMember => ({ name, content });

Deno.test("tarIndex() of a compressed archive wants it unpacked", async () => {
  const packed = await gzip(await tarOf({ "a.jpg": "one" }));
  await inFolder({ "t.tar": packed }, async (folder) => {
    match(
      errorOf(await tarIndex(`${folder}/t.tar`)),
      /t\.tar: found a file compressed by gzip, wanted a tar archive, unpacked \(gunzip\)$/,
    );
  });
});

Deno.test("tarIndex() of an empty archive is empty, whatever it is made of", async () => {
  for (const length of [0, 512, 1024, 10_240]) {
    deepStrictEqual((await inside(new Uint8Array(length))).found, []);
  }
});

Deno.test("tarIndex() reads archives that were put one behind the other, padding between them or not", async () => {
  const [first, second] = [
    handTar(file("a.jpg", "one"), file("b.jpg", "two")),
    handTar(file("a.jpg", "three")),
  ];
  for (const padding of [0, 512, 10_240, (1 << 20) + 512]) {
    const { found } = await inside(
      joined(first, new Uint8Array(padding), second),
    );
    deepStrictEqual(found, [
      [["a.jpg", "one"], ["b.jpg", "two"]],
      [["a.jpg", "three"]],
    ]);
  }
  await inFolder(
    { "t.tar": joined(first, second.subarray(0, 1024)) },
    async (folder) => {
      match(
        errorOf(await tarIndex(`${folder}/t.tar`)),
        /cut off, at byte 4096/,
      );
    },
  );
});

Deno.test("tarIndex() counts what lies behind the end", async () => {
  const archive = handTar(file("a.jpg", "one"));
  const { found, words } = await inside(joined(archive, bytesOf("rubbish")));
  deepStrictEqual(found, [[["a.jpg", "one"]]]);
  strictEqual(words, "1 piece behind the end of the archive (7 B)");
});

Deno.test("tarIndex() takes links for what they mean in the archive and for nothing outside of it", async () => {
  const { found, words } = await inside(handTar(
    file("./x/a.jpg", "one"),
    { name: "hard.jpg", type: "1", target: "x/a.jpg" },
    { name: "y/soft.jpg", type: "2", target: "../x/a.jpg" },
    { name: "chain.jpg", type: "2", target: "y/soft.jpg" },
    { name: "out.jpg", type: "2", target: "../../etc/passwd" },
    { name: "abs.jpg", type: "2", target: "/etc/passwd" },
    { name: "self.jpg", type: "2", target: "self.jpg" },
    { name: "p.jpg", type: "6" },
  ));
  deepStrictEqual(found, [[
    ["./x/a.jpg", "one"],
    ["hard.jpg", "one"],
    ["y/soft.jpg", "one"],
    ["chain.jpg", "one"],
  ]]);
  strictEqual(
    words,
    "3 links to nothing in the archive (out.jpg), 1 pipes (p.jpg)",
  );
});

Deno.test("tarIndex() knows long targets of GNU and of pax", async () => {
  const long = `${"d/".repeat(70)}a.jpg`;
  const record = (text: string): string => {
    const length = text.length + 5;
    return `${length} ${text}\n`;
  };
  const { found } = await inside(handTar(
    { name: "././@LongLink", type: "L", content: `${long}\0` },
    file("short", "one"),
    { name: "././@LongLink", type: "K", content: `${long}\0` },
    { name: "gnu.jpg", type: "1", target: "d/d/d" },
    {
      name: "PaxHeaders/pax.jpg",
      type: "x",
      content: record(`linkpath=${long}`),
    },
    { name: "pax.jpg", type: "1", target: "d/d/d" },
  ));
  deepStrictEqual(found, [[[long, "one"], ["gnu.jpg", "one"], [
    "pax.jpg",
    "one",
  ]]]);
});

Deno.test("tarIndex() lets a later file replace one of the same name, and counts it", async () => {
  const { found, words } = await inside(handTar(
    file("a.jpg", "old"),
    file("b.jpg", "two"),
    file("./a.jpg", "new"),
  ));
  deepStrictEqual(found, [[["b.jpg", "two"], ["./a.jpg", "new"]]]);
  strictEqual(words, "1 replaced by later ones of the same name (a.jpg)");
});

Deno.test("tarIndex() leaves out sparse files and goes on behind them", async () => {
  const map = new Uint8Array(512);
  const header = memberOf({ name: "s.jpg", type: "S", content: "x" });
  header[482] = 1;
  // The checksum counts the mark too.
  const sum = header.subarray(0, 512).reduce(
    (total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte),
    0,
  );
  header.set(bytesOf(`${sum.toString(8).padStart(6, "0")}\0`), 148);
  const old = joined(
    header.subarray(0, 512),
    map,
    header.subarray(512),
    handTar(file("a.jpg", "one")),
  );
  const pax = handTar(
    { name: "x", type: "x", content: "22 GNU.sparse.major=1\n" },
    file("GNUSparseFile.0/s.jpg", "1\n0\n"),
    file("a.jpg", "one"),
  );
  for (const archive of [old, pax]) {
    const { found, words } = await inside(archive);
    deepStrictEqual(found, [[["a.jpg", "one"]]]);
    match(words, /^1 sparse files \(.*s\.jpg\)$/);
  }
});

Deno.test("tarIndex() reads sizes in base 256, blank sizes of folders, and names that are no UTF-8", async () => {
  const size = new Uint8Array(12);
  size.set([0x80], 0);
  size[11] = 3;
  const { found } = await inside(handTar(
    { name: "folder/", type: "5", size: new Uint8Array(12) },
    { name: "big.jpg", content: "one", size },
    { name: "fran\xe7ais.jpg", content: "two", isLatin1: true },
    { name: "fran\xe8ais.jpg", content: "six", isLatin1: true },
    { name: "old folder/", type: "\0" },
  ));
  deepStrictEqual(found, [[
    ["big.jpg", "one"],
    ["français.jpg", "two"],
    ["franèais.jpg", "six"],
  ]]);
});

Deno.test("tarIndex() finds what lies behind a file of more than 8 GiB", async () => {
  const length = 9 * 2 ** 30;
  const size = new Uint8Array(12);
  new DataView(size.buffer).setUint8(0, 0x80);
  new DataView(size.buffer).setBigUint64(4, BigInt(length));
  await inFolder({}, async (folder) => {
    const path = `${folder}/t.tar`;
    {
      using out = await Deno.open(path, { write: true, create: true });
      out.writeSync(memberOf({ name: "video.mp4", size }));
      out.seekSync(512 + length, Deno.SeekMode.Start);
      out.writeSync(handTar(file("a.jpg", "one")));
    }
    const { archives } = valueOf(await tarIndex(path));
    deepStrictEqual(archives.flat().map(({ name, offset }) => [name, offset]), [
      ["video.mp4", 512],
      ["a.jpg", 512 + length + 512],
    ]);
  });
});
