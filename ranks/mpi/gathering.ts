/**
 * A point to which all ranks come with a text each, without using the processor while
 * they wait.
 *
 * Every rank sends its text to rank 0, which answers with those of all, or with the error
 * that all are to return. A rank that came before rank 0 hears from it a while after, so
 * that both wait as long for the others.
 */
import { left, type Result, right } from "../../core/mod.ts";
import type { RankError } from "../ranks.ts";
import { pollUntil } from "./polling.ts";

/** Messages between two ranks, as a gathering needs them. */
export interface Post<Transfer extends Sent = Sent> {
  /** Number of this rank. */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /** Begins to send bytes to another rank. */
  send(bytes: Uint8Array<ArrayBuffer>, to: number): Transfer;
  /** Begins to receive what another rank sends, if it has begun to send. */
  receive(from: number): Transfer | null;
  /** Moves a message on; has it ended? */
  hasEnded(transfer: Transfer): boolean;
}

/** A message under way. */
export interface Sent {
  readonly bytes: Uint8Array;
}

/** What a rank brings to a gathering. */
export interface Arrival {
  /** What all come to; the same on every rank. */
  readonly what: string;
  /** What all others are to hear. */
  readonly text: string;
}

/** How long a gathering lasts. */
export interface GatherLimits {
  /** Seconds after which a rank is missing. */
  readonly limit: number;
  /** Name of a rank, for example `rank 3 on node2`. */
  readonly nameOf: (rank: number) => string;
  /** Seconds for which a rank waits longer for rank 0 than that for the others: 2. */
  readonly grace?: number;
}

type Gathered = Result<RankError, readonly string[]>;

/** What rank 0 tells another: that it is there too, or how the gathering ended. */
type Answer = { readonly here: true } | Gathered;

/** Seconds for which a rank waits longer for rank 0 than that for the others. */
const GRACE = 2;
/** Part of them after which rank 0 tells those that came that it is there too. */
const HERE_AFTER = 0.25;
/** Seconds in which an answer about missing ranks must be sent. */
const ANSWER_LIMIT = 2;

/** Brings a text to a gathering and hears those of all, in the order of the ranks. */
export function gather<T extends Sent>(
  post: Post<T>,
  arrival: Arrival,
  limits: GatherLimits,
): Promise<Gathered> {
  return post.rank === 0
    ? new Hosting(post, arrival, limits).run()
    : visit(post, arrival, limits);
}

/** The part of rank 0 in a gathering. */
class Hosting<T extends Sent> {
  readonly #arrivals = new Map<number, Arrival>();
  readonly #incoming = new Map<number, T>();
  readonly #outgoing: T[] = [];
  readonly #start = performance.now();
  #hasToldHere = false;

  constructor(
    readonly post: Post<T>,
    readonly arrival: Arrival,
    readonly limits: GatherLimits,
  ) {
    this.#arrivals.set(0, arrival);
  }

  async run(): Promise<Gathered> {
    const { limit } = this.limits;
    const end = this.#start + 1000 * limit;
    const areAll = await pollUntil(() => this.#receive(), () => end);
    const gathered = areAll ? this.#together() : left(this.#missing());
    this.#tell(gathered);
    const last = areAll ? limit : ANSWER_LIMIT;
    const until = performance.now() + 1000 * last;
    if (await pollUntil(() => this.#areSent(), () => until)) return gathered;
    return areAll ? left(this.#deaf()) : gathered;
  }

  /** Receives what has come; have all? */
  #receive(): boolean {
    for (const rank of this.#others()) {
      if (!this.#arrivals.has(rank)) this.#receiveFrom(rank);
    }
    const areAll = this.#arrivals.size === this.post.size;
    if (!areAll) this.#tellHere();
    return areAll;
  }

  #receiveFrom(rank: number): void {
    const message = this.#incoming.get(rank) ?? this.post.receive(rank);
    if (message === null) return;
    this.#incoming.set(rank, message);
    if (!this.post.hasEnded(message)) return;
    this.#incoming.delete(rank);
    this.#arrivals.set(rank, decoded(message) as Arrival);
  }

  #tellHere(): void {
    const waited = performance.now() - this.#start;
    const { grace = GRACE } = this.limits;
    if (this.#hasToldHere || waited < 1000 * HERE_AFTER * grace) return;
    this.#hasToldHere = true;
    this.#tell({ here: true });
  }

  #tell(answer: Answer): void {
    const bytes = encoded(answer);
    for (const rank of this.#others()) {
      if (this.#arrivals.has(rank)) {
        this.#outgoing.push(this.post.send(bytes, rank));
      }
    }
  }

  #areSent(): boolean {
    while (this.#outgoing.length > 0) {
      if (!this.post.hasEnded(this.#outgoing.at(-1)!)) return false;
      this.#outgoing.pop();
    }
    return true;
  }

  #together(): Gathered {
    const { what } = this.arrival;
    const arrivals = [...this.#arrivals].sort(([a], [b]) => a - b);
    const other = arrivals.find(([, arrival]) => arrival.what !== what);
    if (other === undefined) return right(arrivals.map(([, { text }]) => text));
    const [rank, { what: another }] = other;
    const { nameOf } = this.limits;
    const reason = `${nameOf(rank)} came to ${another}, ${
      nameOf(0)
    } to ${what}`;
    return left({ _tag: "TransportFailed", reason });
  }

  #missing(): RankError {
    const missing = this.#others().filter((rank) => !this.#arrivals.has(rank));
    return missingError(missing, this.arrival.what, this.limits);
  }

  /** All came, but some do not take the answer. */
  #deaf(): RankError {
    const { what } = this.arrival;
    return missingError(this.#others(), `the end of ${what}`, this.limits);
  }

  #others(): readonly number[] {
    return Array.from({ length: this.post.size - 1 }, (_, i) => i + 1);
  }
}

/** The part of a rank other than 0 in a gathering. */
async function visit<T extends Sent>(
  post: Post<T>,
  arrival: Arrival,
  limits: GatherLimits,
): Promise<Gathered> {
  const sent = post.send(encoded(arrival), 0);
  const wait = 1000 * (limits.limit + (limits.grace ?? GRACE));
  let end = performance.now() + wait;
  let isSent = false;
  let answer: T | null = null;
  let gathered: Gathered | null = null;
  const isDone = () => {
    isSent ||= post.hasEnded(sent);
    answer ??= post.receive(0);
    if (answer !== null && post.hasEnded(answer)) {
      const heard = decoded(answer) as Answer;
      answer = null;
      if ("here" in heard) end = performance.now() + wait;
      else gathered = heard;
    }
    return isSent && gathered !== null;
  };
  await pollUntil(isDone, () => end);
  return gathered ?? left(missingError([0], arrival.what, limits));
}

function missingError(
  ranks: readonly number[],
  what: string,
  { limit, nameOf }: GatherLimits,
): RankError {
  const missing = ranks.map(nameOf);
  return { _tag: "RanksMissing", what, missing, seconds: limit };
}

/** JSON keeps every text, also one that UTF-8 alone could not. */
function encoded(message: Arrival | Answer): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(message));
}

function decoded({ bytes }: Sent): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
