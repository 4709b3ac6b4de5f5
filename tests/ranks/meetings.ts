/**
 * Points to which all ranks of a process come.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import type { RankError } from "../../ranks/mod.ts";

/** What a rank brings to a meeting. */
export interface Arrival<Value> {
  /** What it has come to; the same on every rank. */
  readonly what: string;
  /** What all others are to get. */
  readonly value: Value;
}

interface Meeting {
  readonly arrivals: Map<number, Arrival<unknown>>;
  readonly settled: PromiseWithResolvers<Result<RankError, void>>;
}

/** The meetings of some ranks: the first call of each is for the first one, and so on. */
export class Meetings {
  readonly #hosts: readonly string[];
  readonly #calls: number[];
  readonly #open = new Map<number, Meeting>();
  #failed: RankError | null = null;

  constructor(hosts: readonly string[]) {
    this.#hosts = hosts;
    this.#calls = hosts.map(() => 0);
  }

  /**
   * Waits until all ranks have come to the next meeting of this one.
   *
   * @param limit Seconds after which a rank is missing; then all that have come, and those
   * that come later, get the same error.
   * @returns What all brought, in the order of the ranks.
   */
  async come<Value>(
    rank: number,
    arrival: Arrival<Value>,
    limit: number,
  ): Promise<Result<RankError, readonly Value[]>> {
    if (this.#failed !== null) return left(this.#failed);
    const meeting = this.#next(rank, arrival);
    const timer = this.#limit(meeting, arrival.what, limit);
    const settled = await meeting.settled.promise;
    clearTimeout(timer);
    if (settled._tag === "Left") return settled;
    return right(
      this.#hosts.map((_, at) => meeting.arrivals.get(at)!.value as Value),
    );
  }

  /** Fails all meetings that are open, and all that follow. */
  fail(error: RankError): void {
    this.#failed = error;
    for (const { settled } of this.#open.values()) settled.resolve(left(error));
  }

  #next(rank: number, arrival: Arrival<unknown>): Meeting {
    const call = this.#calls[rank]!++;
    const meeting = this.#open.get(call) ?? {
      arrivals: new Map(),
      settled: Promise.withResolvers(),
    };
    meeting.arrivals.set(rank, arrival);
    this.#open.set(call, meeting);
    if (meeting.arrivals.size === this.#hosts.length) {
      this.#open.delete(call);
      settle(meeting);
    }
    return meeting;
  }

  #limit(
    { arrivals, settled }: Meeting,
    what: string,
    seconds: number,
  ): ReturnType<typeof setTimeout> | undefined {
    if (seconds === Infinity) return undefined;
    return setTimeout(() => {
      const missing = this.#hosts
        .map((host, rank) => ({ name: `rank ${rank} on ${host}`, rank }))
        .filter(({ rank }) => !arrivals.has(rank))
        .map(({ name }) => name);
      settled.resolve(left({ _tag: "RanksMissing", what, missing, seconds }));
    }, 1000 * seconds);
  }
}

function settle({ arrivals, settled }: Meeting): void {
  const came = [...arrivals].sort(([a], [b]) => a - b);
  const [, first] = came[0]!;
  const other = came.find(([, { what }]) => what !== first.what);
  if (other === undefined) return settled.resolve(right(undefined));
  const [rank, { what }] = other;
  const reason = `rank ${rank} came to ${what}, rank 0 to ${first.what}`;
  settled.resolve(left({ _tag: "TransportFailed", reason }));
}
