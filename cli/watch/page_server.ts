/** The page of a run, served to the browsers of this machine. */
import { left, type Result, right } from "../../core/mod.ts";
import type { Follower } from "../../train/mod.ts";
import { type LiveRun, liveRun, type Look } from "./live_run.ts";
import { type NoRunState, type RunState, runState } from "./page_state.ts";
import {
  type CurveName,
  type Curves,
  curvesOf,
  type CurveStyle,
  newestReconstruction,
  pictureText,
} from "./pictures.ts";
// Imported, not read: the page needs no leave to read its own files.
import icon from "./page/icon.svg" with { type: "text" };
import layers from "./page/layers.css" with { type: "text" };
import style from "./page/page.css" with { type: "text" };
import html from "./page/page.html" with { type: "text" };
import script from "./page/page.js" with { type: "text" };

/** The only address that is listened on. */
const LOOPBACK = "127.0.0.1";

/** Content of a page. */
export interface PageOptions {
  readonly folder: string;
  readonly live: LiveRun;
}

/** Answers a request. */
export type PageHandler = (request: Request) => Promise<Response>;

/** The page loads what is its own and nothing else, and nobody may embed it. */
const HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    ...["script", "style", "img", "connect"].map((kind) =>
      `${kind}-src 'self'`
    ),
    ...["base-uri", "form-action", "frame-ancestors"].map((what) =>
      `${what} 'none'`
    ),
  ].join("; "),
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
} as const;

/** A picture that is opened by itself runs nothing and loads nothing. */
const PICTURE_HEADERS = {
  ...HEADERS,
  "content-security-policy":
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox",
  "content-type": "image/svg+xml; charset=utf-8",
} as const;

const FILES = {
  "/": [html, "text/html"],
  "/page.css": [style, "text/css"],
  "/layers.css": [layers, "text/css"],
  "/page.js": [script, "text/javascript"],
  "/icon.svg": [icon, "image/svg+xml"],
} as const;

const refuse = (status: number, why: string): Response =>
  new Response(`${why}\n`, {
    status,
    headers: { ...HEADERS, "content-type": "text/plain; charset=utf-8" },
  });

function fileAt(path: keyof typeof FILES): Response {
  const [text, type] = FILES[path];
  return new Response(text, {
    headers: { ...HEADERS, "content-type": `${type}; charset=utf-8` },
  });
}

const picture = (svg: string | null): Response =>
  svg === null
    ? refuse(404, "There is no such picture yet")
    : new Response(svg, { headers: PICTURE_HEADERS });

/** State of the page after a look at the run. */
async function stateOf(
  folder: string,
  curves: Curves,
  look: Look,
): Promise<RunState | NoRunState> {
  if (look._tag === "Left") {
    return { kind: "none", folder, reason: look.left.reason };
  }
  const reconstruction = await newestReconstruction(folder);
  return runState(folder, look.right, {
    curves: curves.version(look.right),
    reconstruction: reconstruction?.version ?? null,
  }, Date.now());
}

/** Streams of states that are open at a time. */
const MOST_STREAMS = 64;

/** States that a reader may leave unread: one that reads no more is left. */
const MOST_UNREAD = 8;

const EVENT_HEADERS = { ...HEADERS, "content-type": "text/event-stream" };

/** A stream of states, as server-sent events, until the reader goes away or reads no more. */
function eventStream(
  { folder, live }: PageOptions,
  curves: Curves,
  ended: () => void,
): ReadableStream<Uint8Array> {
  let isOpen = true;
  let unlisten = (): void => {};
  const stop = (): void => {
    if (!isOpen) return;
    isOpen = false;
    unlisten();
    ended();
  };
  const encoder = new TextEncoder();
  const queue = new CountQueuingStrategy({ highWaterMark: MOST_UNREAD });
  return new ReadableStream<Uint8Array>({
    async start(controller) {
      const tell = async (look: Look): Promise<void> => {
        const state = await stateOf(folder, curves, look);
        if (!isOpen) return;
        if ((controller.desiredSize ?? 0) <= 0) {
          stop();
          return controller.error(new Error("the reader reads no more"));
        }
        controller.enqueue(
          encoder.encode(`data: ${JSON.stringify(state)}\n\n`),
        );
      };
      unlisten = live.listen(tell);
      await tell(await live.latest());
    },
    cancel: stop,
  }, queue);
}

/** Gives streams of states, not more than so many at a time. */
function eventStreams(options: PageOptions, curves: Curves): PageHandler {
  let open = 0;
  return ({ method }) => {
    const answer = (body: ReadableStream<Uint8Array> | null): Response =>
      new Response(body, { headers: EVENT_HEADERS });
    if (method === "HEAD") return Promise.resolve(answer(null));
    if (open >= MOST_STREAMS) {
      return Promise.resolve(refuse(503, "Too many pages show this run"));
    }
    open++;
    return Promise.resolve(answer(eventStream(options, curves, () => open--)));
  };
}

/** True for a name by which browsers of this machine call it, with a port that exists. */
function isOwnHost(host: string | null): boolean {
  const found = /^(?:127\.0\.0\.1|localhost)(?::(\d{1,5}))?$/i.exec(host ?? "");
  return found !== null && Number(found[1] ?? 0) < 2 ** 16;
}

/** Why a request gets no answer, or `null`. */
function objection({ method, headers }: Request): Response | null {
  // Another site whose name leads here would see the run otherwise.
  if (!isOwnHost(headers.get("host"))) {
    return refuse(421, "This page is for http://127.0.0.1 and localhost only");
  }
  return method === "GET" || method === "HEAD"
    ? null
    : refuse(405, "This page is for reading only");
}

const curveAt = (path: string): CurveName | null =>
  path === "/loss.svg" ? "loss" : path === "/rates.svg" ? "rates" : null;

const styleOf = (wish: URLSearchParams): CurveStyle => ({
  theme: wish.get("theme") === "dark" ? "dark" : "light",
  size: wish.get("size") === "narrow" ? "narrow" : "wide",
});

const isFile = (path: string): path is keyof typeof FILES =>
  Object.hasOwn(FILES, path);

/**
 * Handler of the page's requests: the page, its pictures and the stream of
 * states.
 *
 * @returns A function from a request to its answer: 421 for another host's name,
 * 405 for anything but reading, 404 for anything unknown, 503 for more streams than
 * there may be.
 */
export function pageHandler(options: PageOptions): PageHandler {
  const { folder, live } = options;
  const curves = curvesOf();
  const events = eventStreams(options, curves);
  return async (request) => {
    const refused = objection(request);
    if (refused !== null) return refused;
    const url = URL.parse(request.url);
    if (url === null) return refuse(400, "This is no address of a page");
    const { pathname: path, searchParams } = url;
    if (isFile(path)) return fileAt(path);
    if (path === "/events") return await events(request);
    if (path === "/reconstruction.svg") {
      const file = await newestReconstruction(folder);
      return picture(file === null ? null : await pictureText(file));
    }
    const curve = curveAt(path);
    if (curve === null) return refuse(404, "There is no such page");
    // A picture that is asked for before any state begins with the run of now.
    const look = await live.latest();
    if (look._tag === "Right") curves.version(look.right);
    return picture(curves.draw(curve, styleOf(searchParams)));
  };
}

/** A page that is served. */
export interface ServedPage {
  readonly address: string;
  /** Fulfilled when it is served no more. */
  readonly finished: Promise<void>;
  close(): Promise<void>;
}

/** Options of serving a page. */
export interface ServeOptions {
  /** The run's folder, as it was named. */
  readonly folder: string;
  readonly follow: Follower;
  /** Seconds between two looks. */
  readonly every: number;
  /** Port; 0 takes a free one. */
  readonly port: number;
}

/**
 * Serves the page of a run on the loopback address, so that no other machine can
 * see it.
 *
 * @returns The page, or in words why the port cannot be used.
 */
export function servePage(
  { folder, follow, every, port }: ServeOptions,
): Result<string, ServedPage> {
  const closing = new AbortController();
  const handler = pageHandler({ folder, live: liveRun(follow, every) });
  try {
    const server = Deno.serve({
      hostname: LOOPBACK,
      port,
      signal: closing.signal,
      onListen: () => {},
      onError: () => new Response("It cannot be shown\n", { status: 500 }),
    }, handler);
    return right({
      address: `http://${LOOPBACK}:${server.addr.port}/`,
      finished: server.finished,
      close: async () => {
        closing.abort();
        await server.finished;
      },
    });
  } catch (error) {
    return left(`--port ${port}: ${(error as Error).message}`);
  }
}
