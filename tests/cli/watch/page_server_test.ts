import {
  deepStrictEqual,
  match,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { join } from "node:path";
import { left } from "../../../core/mod.ts";
import { liveRun } from "../../../cli/watch/live_run.ts";
import {
  type PageHandler,
  pageHandler,
} from "../../../cli/watch/page_server.ts";
import type { RunState } from "../../../cli/watch/page_state.ts";
import { servePage } from "../../../cli/watch/page_server.ts";
import { followRun } from "../../../train/mod.ts";
import { makeRun, reportOf, runOf } from "../../train/run/follow/made_runs.ts";
import { inFolder } from "../../train/temporary_folder.ts";

const RUN = runOf(20);
const OWN = "127.0.0.1:8123";

const handlerOf = (folder: string): PageHandler =>
  pageHandler({ folder, live: liveRun(followRun(folder), 0.02) });

/** A request as a browser sends it, to a host of our choice. */
const asked = (path: string, host = OWN, method = "GET"): Request => {
  const request = new Request(`http://${OWN}${path}`, { method });
  const headers = new Headers({ host });
  return { url: request.url, method, headers } as Request;
};

/** Runs a test on the page of a run that is half done. */
const withPage = (
  test: (ask: PageHandler, folder: string) => Promise<void>,
): Promise<void> =>
  inFolder(async (folder) => {
    await makeRun(folder, RUN, 70);
    await test(handlerOf(folder), folder);
  });

/** The states of a stream until one is as wanted. */
async function stateWhen(
  response: Response,
  holds: (state: RunState) => boolean,
): Promise<RunState> {
  const reader = response.body!.pipeThrough(new TextDecoderStream())
    .getReader();
  try {
    for (let text = "";;) {
      const { value, done } = await reader.read();
      if (done) throw new Error("the stream ended");
      text += value;
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      const states = events.map((event) =>
        JSON.parse(event.replace(/^data: /, "")) as RunState
      );
      const wanted = states.find(holds);
      if (wanted !== undefined) return wanted;
    }
  } finally {
    await reader.cancel();
  }
}

Deno.test("pageHandler() answers to the names of this machine only", () =>
  withPage(async (ask) => {
    for (const host of [OWN, "localhost:8123", "LOCALHOST", "127.0.0.1"]) {
      strictEqual((await ask(asked("/", host))).status, 200, host);
    }
    const others = [
      "evil.example",
      "evil.example:8123",
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "192.168.0.7:8123",
      "0.0.0.0:8123",
      "127.0.0.1:99999",
      "127.0.0.1:65536",
      "127.0.0.1:",
      "127.1:8123",
      "user@127.0.0.1:8123",
      "[::1]:8123",
      "",
    ];
    for (const host of others) {
      for (const path of ["/", "/events", "/loss.svg", "/nothing"]) {
        const answer = await ask(asked(path, host));
        strictEqual(answer.status, 421, `${host} ${path}`);
        await answer.body?.cancel();
      }
    }
  }));

Deno.test("pageHandler() is for reading known pages only", () =>
  withPage(async (ask) => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      strictEqual((await ask(asked("/", OWN, method))).status, 405, method);
    }
    const unknown = ["/page", "/config.json", "/..%2fplan.json", "/__proto__"];
    for (const path of unknown) {
      strictEqual((await ask(asked(path))).status, 404, path);
    }
  }));

Deno.test("pageHandler() lets the page load its own and nothing else, and nobody embed it", () =>
  withPage(async (ask) => {
    for (
      const path of ["/", "/page.js", "/page.css", "/layers.css", "/icon.svg"]
    ) {
      const { headers, status } = await ask(asked(path));
      strictEqual(status, 200);
      const policy = headers.get("content-security-policy") ?? "";
      match(policy, /default-src 'none'; script-src 'self'/);
      match(policy, /frame-ancestors 'none'/);
      ok(!policy.includes("unsafe"));
      strictEqual(headers.get("cross-origin-resource-policy"), "same-origin");
      strictEqual(headers.get("x-content-type-options"), "nosniff");
    }
    const html = await (await ask(asked("/"))).text();
    ok(
      !/https?:| style=| on\w+=/.test(html),
      "nothing from elsewhere or inline",
    );
  }));

Deno.test("pageHandler() draws curves for light and dark pages", () =>
  withPage(async (ask) => {
    for (const name of ["loss", "rates"]) {
      const svg = async (theme: string): Promise<string> => {
        const answer = await ask(asked(`/${name}.svg?theme=${theme}`));
        strictEqual(
          answer.headers.get("content-type"),
          "image/svg+xml; charset=utf-8",
        );
        match(answer.headers.get("content-security-policy") ?? "", /sandbox/);
        return await answer.text();
      };
      match(await svg("light"), /^<svg [^>]*background: ?white/);
      match(await svg("dark"), /^<svg [^>]*background: ?#171b23/);
    }
  }));

Deno.test("pageHandler() shows the newest reconstruction of the folder", () =>
  withPage(async (ask, folder) => {
    strictEqual((await ask(asked("/reconstruction.svg"))).status, 404);
    for (
      const [i, name] of ["reconstruction.svg", "reconstruction-9.svg"]
        .entries()
    ) {
      const path = join(folder, name);
      await Deno.writeTextFile(path, `<svg id="${i}"/>`);
      await Deno.utime(path, i, i);
      const answer = await ask(asked("/reconstruction.svg"));
      strictEqual(await answer.text(), `<svg id="${i}"/>`);
    }
  }));

const isUnix = Deno.build.os !== "windows";
const noUnix = isUnix ? "" : " [skipped: not Unix]";

Deno.test({
  name:
    `pageHandler() shows regular files of the folder only: no link, pipe, socket or folder${noUnix}`,
  ignore: !isUnix,
  fn: () =>
    withPage(async (ask, folder) => {
      const path = join(folder, "reconstruction.svg");
      const older = join(folder, "reconstruction-1.svg");
      const secret = `${folder}-secret`;
      await Deno.writeTextFile(secret, "secret");
      const places: Readonly<Record<string, () => Promise<unknown>>> = {
        "a link out of the folder": () => Deno.symlink(secret, path),
        "a link to a file of the folder": () =>
          Deno.symlink(join(folder, "plan.json"), path),
        "a link to nothing": () => Deno.symlink(join(folder, "none"), path),
        "a pipe": () => new Deno.Command("mkfifo", { args: [path] }).output(),
        "a folder": () => Deno.mkdir(path),
        "a socket": () =>
          Promise.resolve(Deno.listen({ path, transport: "unix" }).close()),
        "a huge file": async () => {
          await Deno.writeTextFile(path, "<svg/>");
          await Deno.truncate(path, 2 ** 32);
        },
      };
      for (const [what, put] of Object.entries(places)) {
        await put();
        const answer = await ask(asked("/reconstruction.svg"));
        strictEqual(answer.status, 404, what);
        await answer.body?.cancel();
        await Deno.remove(path, { recursive: true }).catch(() => {});
      }
      await Deno.writeTextFile(older, "<svg/>");
      await Deno.symlink(secret, path);
      const answer = await ask(asked("/reconstruction.svg"));
      strictEqual(await answer.text(), "<svg/>", "the file beside the link");
      await Deno.remove(secret);
    }),
});

Deno.test("pageHandler() answers an address that is none", () =>
  withPage(async (ask) => {
    const request = { ...asked("/"), url: "http://127.0.0.1:99999/" };
    const { headers } = asked("/");
    const answer = await ask({ ...request, headers, method: "GET" } as Request);
    strictEqual(answer.status, 400);
  }));

/** A look that many readers get: it is counted, and long enough to fill what a system buffers. */
function countedLooks() {
  const looks = { count: 0 };
  const reason = "x".repeat(2 ** 20);
  const follow = () => {
    looks.count++;
    return Promise.resolve(left({ isThere: true, reason }));
  };
  return { looks, follow };
}

/** Waits until nothing looks any more; there are a hundred looks in the time that is taken for that. */
async function untilStill(looks: { readonly count: number }): Promise<void> {
  for (let before = -1; before !== looks.count;) {
    before = looks.count;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

Deno.test("pageHandler() leaves a reader that reads no more", async () => {
  const { looks, follow } = countedLooks();
  const ask = pageHandler({ folder: "none", live: liveRun(follow, 0.01) });
  const answer = await ask(asked("/events"));
  await untilStill(looks);
  await rejects(async () => {
    for await (const _ of answer.body!);
  }, /reads no more/);
});

Deno.test("servePage() looks at the run no more when its only reader has stopped to read", async () => {
  const { looks, follow } = countedLooks();
  const page = servePage({ folder: "none", follow, every: 0.01, port: 0 });
  if (page._tag === "Left") throw new Error(page.left);
  const { address, close } = page.right;
  const { port, host } = new URL(address);
  const reader = await Deno.connect({ port: Number(port) });
  const request = `GET /events HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  await reader.write(new TextEncoder().encode(request));
  while (looks.count === 0) await new Promise((done) => setTimeout(done, 5));
  await untilStill(looks);
  reader.close();
  await close();
});

Deno.test("pageHandler() has a limit of streams, and room again when one has ended", () =>
  withPage(async (ask) => {
    const open = async () => await ask(asked("/events"));
    const streams: Response[] = [];
    for (let i = 0; i < 64; i++) streams.push(await open());
    strictEqual((await open()).status, 503);
    strictEqual((await ask(asked("/"))).status, 200);
    strictEqual((await ask(asked("/events", OWN, "HEAD"))).status, 200);
    await streams.pop()?.body?.cancel();
    const another = await open();
    strictEqual(another.status, 200);
    for (const { body } of [...streams, another]) await body?.cancel();
  }));

Deno.test("pageHandler() streams states: of now, and as the run goes on", () =>
  withPage(async (ask, folder) => {
    const first = await ask(asked("/events"));
    strictEqual(first.headers.get("content-type"), "text/event-stream");
    const state = await stateWhen(first, () => true);
    strictEqual(state.kind, "run");
    strictEqual(state.life, "running");
    match(state.progress.words, /^step 70 of 120/);
    strictEqual(state.layers.length, RUN.plan.layers.length);
    for (const { trained, freezes, height } of state.layers) {
      ok(0 < trained && trained <= freezes && freezes <= 1);
      ok(0 <= height && height <= 1);
    }
    match(
      state.pictures.loss.alt,
      /up to step 70 of 120.*: loss 0\.\d{4}, stage 1 0\.\d{4}/,
    );
    const next = stateWhen(
      await ask(asked("/events")),
      ({ progress }) => progress.words.startsWith("step 71 "),
    );
    await Deno.writeTextFile(
      join(folder, "metrics.jsonl"),
      `${JSON.stringify(reportOf(RUN, 70))}\n`,
      { append: true },
    );
    await next;
  }));

Deno.test("pageHandler() says of an empty folder that no run is in it", () =>
  inFolder(async (folder) => {
    const answer = await handlerOf(folder)(asked("/events"));
    const state = await stateWhen(answer, () => true);
    deepStrictEqual(state as unknown, {
      kind: "none",
      folder,
      reason: `${folder}: no run in it yet (no plan.json)`,
    });
    strictEqual((await handlerOf(folder)(asked("/loss.svg"))).status, 404);
  }));

Deno.test("servePage() listens on the loopback address and gives its port back", () =>
  inFolder(async (folder) => {
    const options = { folder, follow: followRun(folder), every: 1 };
    const page = servePage({ ...options, port: 0 });
    if (page._tag === "Left") throw new Error(page.left);
    const { address, close } = page.right;
    match(address, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const answer = await fetch(address);
    match(await answer.text(), /^<!doctype html>/);
    const taken = servePage({
      ...options,
      port: Number(new URL(address).port),
    });
    match(taken._tag === "Left" ? taken.left : "", /^--port \d+: .*in use/i);
    await close();
  }));
