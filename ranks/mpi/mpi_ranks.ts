/** Ranks that MPI connects. */
import { left, type Result, right } from "../../core/mod.ts";
import type { RankError, Ranks, Traffic } from "../ranks.ts";
import { gather, type GatherLimits } from "./gathering.ts";
import { type Launch, launchOf } from "./launch.ts";
import { libraryNames, MOST_IN_CALL, openMpi } from "./mpi_library.ts";
import { MpiFailure, MpiWorld } from "./mpi_world.ts";
import { isTreeSize, treeSum } from "./tree_sum.ts";

/** How ranks come together. */
export interface JoinOptions {
  /** Seconds after which a rank that does not come is missing, `> 0`; `Infinity` waits for ever. */
  readonly limitSeconds: number;
  /** Path of the MPI library; by default the one that fits the launcher. */
  readonly library?: string;
}

/**
 * Joins the ranks that a launcher of MPI started. Call it once, as the first of all that
 * uses MPI; the ranks are usable until `end`, `abort` or the first error.
 *
 * @returns The ranks; or why they cannot come together, when the others do not either.
 *
 * @example
 * ```ts ignore
 * import { joinRanks } from "./mpi_ranks.ts";
 *
 * const joined = await joinRanks({ limitSeconds: 300 });
 * if (joined._tag === "Right") {
 *   const ranks = joined.right;
 *   await ranks.exchange("hello", "the start");
 *   await ranks.end();
 * }
 * ```
 */
export async function joinRanks(
  options: JoinOptions,
): Promise<Result<RankError, Ranks>> {
  if (typeof Deno === "undefined") {
    return failed("this runtime cannot call MPI, Deno can");
  }
  const launch = launchOf((name) => Deno.env.get(name));
  if (launch === null) return failed("no launcher of MPI started this process");
  const { library } = options;
  const names = library === undefined ? libraryNames(launch.family) : [library];
  const opened = openMpi(names);
  if (opened._tag === "Left") return failed(opened.left);
  const { version } = opened.right;
  return await asResult(async () => {
    const { limitSeconds } = options;
    const started = await within(MpiWorld.start(opened.right), limitSeconds);
    if (started === LATE) {
      return left(missingOther("the start of MPI", limitSeconds));
    }
    const unfit = misfit(launch, started.size, version);
    return unfit === null
      ? await meet(started, version, limitSeconds)
      : failed(unfit);
  });
}

/** Why the library is not that of the launcher; `null` if it is. */
function misfit(
  { size }: Launch,
  found: number,
  version: string,
): string | null {
  return size === null || size === found
    ? null
    : `the launcher started ${size} ranks, but ${version} sees ${found}: ` +
      "start them with the mpirun of that library";
}

/** Learns where all ranks are. */
async function meet(
  world: MpiWorld,
  transport: string,
  limit: number,
): Promise<Result<RankError, Ranks>> {
  const nameOf = (rank: number) => `rank ${rank}`;
  const arrival = { what: "the start", text: world.host };
  const hosts = await gather(world, arrival, { limit, nameOf });
  if (hosts._tag === "Left") return hosts;
  const [localRank, localSize] = await world.onThisMachine();
  const place = { localRank, localSize, hosts: hosts.right };
  return right(new MpiRanks(world, transport, place, limit));
}

interface Places {
  readonly localRank: number;
  readonly localSize: number;
  readonly hosts: readonly string[];
}

class MpiRanks implements Ranks {
  readonly rank: number;
  readonly size: number;
  readonly host: string;
  readonly localRank: number;
  readonly localSize: number;
  readonly #world: MpiWorld;
  readonly #hosts: readonly string[];
  readonly #limit: number;
  #traffic: Traffic = { bytes: 0, sums: 0, milliseconds: 0 };
  #last: Promise<unknown> = Promise.resolve();
  #error: RankError | null = null;

  constructor(
    world: MpiWorld,
    readonly transport: string,
    { localRank, localSize, hosts }: Places,
    limit: number,
  ) {
    this.#world = world;
    this.#hosts = hosts;
    this.#limit = limit;
    this.rank = world.rank;
    this.size = world.size;
    this.host = world.host;
    this.localRank = localRank;
    this.localSize = localSize;
  }

  get traffic(): Traffic {
    return this.#traffic;
  }

  exchange(
    text: string,
    what: string,
    limit: number = this.#limit,
  ): Promise<Result<RankError, readonly string[]>> {
    const limits: GatherLimits = { limit, nameOf: (rank) => this.#name(rank) };
    return this.#inTurn(() => gather(this.#world, { text, what }, limits));
  }

  sum(numbers: Float32Array): Promise<Result<RankError, void>> {
    return this.#inTurn(async () => {
      const start = performance.now();
      const summed = await this.#sumWithin(numbers);
      const { bytes, sums, milliseconds } = this.#traffic;
      this.#traffic = {
        bytes: bytes + numbers.byteLength,
        sums: sums + 1,
        milliseconds: milliseconds + performance.now() - start,
      };
      return summed;
    });
  }

  broadcast(bytes: Uint8Array): Promise<Result<RankError, void>> {
    return this.#inTurn(() => {
      const what = `a broadcast of ${bytes.length} bytes`;
      const other = () => this.rank === 0 ? "another rank" : this.#name(0);
      return this.#within(this.#broadcastPieces(bytes), what, other);
    });
  }

  async end(): Promise<void> {
    const met = await this.exchange("", "the end", Infinity);
    if (met._tag === "Right") {
      await asResult(async () => right(await this.#world.end()));
    }
  }

  abort(exitCode: number): void {
    this.#world.abort(exitCode);
    Deno.exit(exitCode);
  }

  #sumWithin(numbers: Float32Array): Promise<Result<RankError, void>> {
    const what = `a sum of ${numbers.length} numbers`;
    if (!isTreeSize(this.size)) {
      return this.#within(this.#sumPieces(numbers), what, () => "another rank");
    }
    let partner = this.rank;
    const sum = treeSum(this.#world, numbers, (rank) => partner = rank);
    const other = () => this.#name(partner);
    return this.#within(
      sum,
      what,
      () => this.size === 2 ? other() : `${other()} or one that it waits for`,
    );
  }

  async #sumPieces(numbers: Float32Array): Promise<void> {
    for (let at = 0; at < numbers.length; at += MOST_IN_CALL) {
      await this.#world.sum(numbers.subarray(at, at + MOST_IN_CALL));
    }
  }

  async #broadcastPieces(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += MOST_IN_CALL) {
      await this.#world.broadcast(bytes.subarray(at, at + MOST_IN_CALL));
    }
  }

  async #within(
    call: Promise<void>,
    what: string,
    other: () => string,
  ): Promise<Result<RankError, void>> {
    const ended = await within(call, this.#limit);
    return ended === LATE
      ? left(missingOther(what, this.#limit, other()))
      : right(undefined);
  }

  /** Carries calls out one after another; after an error none is. */
  #inTurn<A>(
    call: () => Promise<Result<RankError, A>>,
  ): Promise<Result<RankError, A>> {
    const result = this.#last.then(async () => {
      if (this.#error !== null) return left(this.#error);
      const ended = await asResult(call);
      if (ended._tag === "Left") this.#error = ended.left;
      return ended;
    });
    this.#last = result;
    return result;
  }

  #name(rank: number): string {
    return `rank ${rank} on ${this.#hosts[rank]}`;
  }
}

/** Seconds that a timer can count: 24 days. */
const LONGEST = 2 ** 31 / 1000 - 1;

/** What came instead of a value: the end of the limit. */
const LATE = Symbol("late");

async function within<A>(
  call: Promise<A>,
  seconds: number,
): Promise<A | typeof LATE> {
  if (seconds > LONGEST) return await call;
  const late = Promise.withResolvers<typeof LATE>();
  const timer = setTimeout(() => late.resolve(LATE), 1000 * seconds);
  try {
    return await Promise.race([call, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function missingOther(
  what: string,
  seconds: number,
  rank = "another rank",
): RankError {
  return { _tag: "RanksMissing", what, missing: [rank], seconds };
}

/** What MPI throws, as an error between ranks. */
async function asResult<A>(
  call: () => Promise<Result<RankError, A>>,
): Promise<Result<RankError, A>> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof MpiFailure) return failed(cause.message);
    throw cause;
  }
}

function failed(reason: string): Result<RankError, never> {
  return left({ _tag: "TransportFailed", reason });
}
