/**
 * Ranks within one process, for tests that need no messages.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import type { RankError, Ranks, Traffic } from "../../ranks/mod.ts";
import { type Arrival, Meetings } from "./meetings.ts";
import { treeSum } from "./tree_sum.ts";

/** How ranks within one process behave. */
export interface LocalOptions {
  /** Seconds after which a rank is missing; without it, ranks wait for ever. */
  readonly limitSeconds?: number;
  /** Name of the machine of each rank; by default all are on `localhost`. */
  readonly hosts?: readonly string[];
  /** Hears which rank ended all, and the exit code; the process goes on. */
  readonly onAbort?: (rank: number, exitCode: number) => void;
}

/**
 * The ranks of a training as each of them sees them, all in this process. They keep the
 * laws of {@linkcode Ranks}; `abort` fails what every rank waits for and all that it asks
 * for later, and ends nothing. A rank that got an error gets it from then on.
 *
 * @param size Number of ranks, `≥ 1`.
 */
export function localRanks(
  size: number,
  options: LocalOptions = {},
): readonly Ranks[] {
  const numbers = Array.from({ length: size }, (_, rank) => rank);
  const hosts = numbers.map((rank) => options.hosts?.[rank] ?? "localhost");
  const meetings = new Meetings(hosts);
  return numbers.map((rank) => new LocalRank(meetings, hosts, rank, options));
}

class LocalRank implements Ranks {
  readonly transport = "one process";
  readonly size: number;
  readonly host: string;
  readonly localRank: number;
  readonly localSize: number;
  #traffic: Traffic = { bytes: 0, sums: 0, milliseconds: 0 };
  #last: Promise<unknown> = Promise.resolve();
  #error: RankError | null = null;

  constructor(
    readonly meetings: Meetings,
    hosts: readonly string[],
    readonly rank: number,
    readonly options: LocalOptions,
  ) {
    this.size = hosts.length;
    this.host = hosts[rank]!;
    const isHere = (host: string) => host === this.host;
    this.localRank = hosts.slice(0, rank).filter(isHere).length;
    this.localSize = hosts.filter(isHere).length;
  }

  get traffic(): Traffic {
    return this.#traffic;
  }

  exchange(
    text: string,
    what: string,
    limit?: number,
  ): Promise<Result<RankError, readonly string[]>> {
    return this.#inTurn(() => this.#meet({ what, value: text }, limit));
  }

  sum(numbers: Float32Array): Promise<Result<RankError, void>> {
    return this.#inTurn(async () => {
      const start = performance.now();
      const what = `a sum of ${numbers.length} numbers`;
      const all = await this.#meet({ what, value: numbers.slice() });
      if (all._tag === "Left") return all;
      numbers.set(treeSum(all.right));
      const { bytes, sums, milliseconds } = this.#traffic;
      this.#traffic = {
        bytes: bytes + numbers.byteLength,
        sums: sums + 1,
        milliseconds: milliseconds + performance.now() - start,
      };
      return right(undefined);
    });
  }

  broadcast(bytes: Uint8Array): Promise<Result<RankError, void>> {
    return this.#inTurn(async () => {
      const what = `a broadcast of ${bytes.length} bytes`;
      const all = await this.#meet({ what, value: bytes.slice() });
      if (all._tag === "Left") return all;
      bytes.set(all.right[0]!);
      return right(undefined);
    });
  }

  async end(): Promise<void> {
    await this.exchange("", "the end", Infinity);
  }

  abort(exitCode: number): void {
    this.options.onAbort?.(this.rank, exitCode);
    const reason = `rank ${this.rank} ended all with exit code ${exitCode}`;
    this.meetings.fail({ _tag: "TransportFailed", reason });
  }

  #meet<Value>(
    arrival: Arrival<Value>,
    limit: number = this.options.limitSeconds ?? Infinity,
  ): Promise<Result<RankError, readonly Value[]>> {
    return this.meetings.come(this.rank, arrival, limit);
  }

  #inTurn<A>(
    call: () => Promise<Result<RankError, A>>,
  ): Promise<Result<RankError, A>> {
    const result = this.#last.then(async () => {
      if (this.#error !== null) return left(this.#error);
      const ended = await call();
      if (ended._tag === "Left") this.#error = ended.left;
      return ended;
    });
    this.#last = result;
    return result;
  }
}
