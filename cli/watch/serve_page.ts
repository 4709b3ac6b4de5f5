/**
 * Serving the page of a run.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import type { Follower } from "../../train/mod.ts";
import { liveRun } from "./live_run.ts";
import { LOOPBACK, pageHandler } from "./page_server.ts";

/** A page that is served. */
export interface ServedPage {
  /** Where it is. */
  readonly address: string;
  /** Fulfilled when it is served no more. */
  readonly finished: Promise<void>;
  /** Ends the serving. */
  close(): Promise<void>;
}

/** What is served where. */
export interface ServeOptions {
  /** The run's folder, as it was named. */
  readonly folder: string;
  /** Says how the run stands. */
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
 * @param options What is served where.
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
