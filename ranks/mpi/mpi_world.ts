/** All ranks of a job of MPI, and messages between two of them. */
import {
  addressOf,
  type Handle,
  integers,
  type MpiConstants,
  type MpiFunctions,
  type MpiLibrary,
  textFrom,
} from "./mpi_library.ts";

/** A function of MPI failed, or the ranks do not fit together; the words are for the user. */
export class MpiFailure extends Error {}

/** A message under way. */
export interface Transfer {
  /** Its bytes; they must not be changed until it has ended. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly request: Uint8Array<ArrayBuffer>;
}

/** Number that marks the messages of {@linkcode MpiWorld}. */
const TAG = 1;
/** Number that marks what {@linkcode MpiWorld.swap} sends. */
const SWAP_TAG = 2;
/** Bytes of a status in the libraries that are known, and some more. */
const STATUS_BYTES = 64;
/** Calls from several threads, one at a time. */
const SERIALIZED = 2;
/** Calls from several threads at once. */
const MULTIPLE = 3;

/** The lengths that the libraries allow for a text of theirs, or more. */
const TEXT_BYTES = 1024;

/**
 * All ranks of a job. Calls are made one after another; only `abort` may come at any
 * time. All throw {@linkcode MpiFailure} with the words of MPI.
 */
export class MpiWorld {
  readonly rank: number;
  readonly size: number;
  readonly host: string;
  readonly #functions: MpiFunctions;
  readonly #constants: MpiConstants;
  readonly #status = memory(STATUS_BYTES);
  /** Buffers that native code uses on another thread. */
  readonly #pinned = new Set<readonly unknown[]>();

  /** May `abort` be called while another call is under way? */
  readonly #isMultiple: boolean;

  private constructor({ functions, constants }: MpiLibrary, level: number) {
    this.#isMultiple = level >= MULTIPLE;
    this.#functions = functions;
    this.#constants = constants;
    const { world, errorsReturn } = constants;
    this.#insist(functions.MPI_Comm_set_errhandler(world, errorsReturn));
    [this.rank, this.size] = this.#placeIn(world);
    this.host = textFrom(TEXT_BYTES, functions.MPI_Get_processor_name);
  }

  /** Starts MPI; waits for all ranks that the launcher started. */
  static async start(library: MpiLibrary): Promise<MpiWorld> {
    const level = integers(1);
    const init = library.functions.MPI_Init_thread;
    const code = await init(null, null, MULTIPLE, level);
    if (code !== 0) throw new MpiFailure(`MPI could not start (error ${code})`);
    if (level[0]! < SERIALIZED) {
      const { version } = library;
      throw new MpiFailure(`${version} does not take calls from threads`);
    }
    return new MpiWorld(library, level[0]!);
  }

  /** Number of this rank among those on its machine, and how many these are. */
  async onThisMachine(): Promise<readonly [rank: number, size: number]> {
    const { world, shared, noInfo } = this.#constants;
    const out = memory(8);
    const split = this.#functions.MPI_Comm_split_type;
    await this.#onThread([out], split(world, shared, this.rank, noInfo, out));
    return this.#placeIn(this.#handleIn(out));
  }

  /** Begins to send bytes to another rank. */
  send(bytes: Uint8Array<ArrayBuffer>, to: number): Transfer {
    const { byte, world } = this.#constants;
    const request = memory(8);
    const [at, count] = [addressOf(bytes), bytes.length];
    const begin = this.#functions.MPI_Isend;
    this.#insist(begin(at, count, byte, to, TAG, world, request));
    return { bytes, request };
  }

  /** Begins to receive what another rank sends, if it has begun to send. */
  receive(from: number): Transfer | null {
    const { byte, world } = this.#constants;
    const count = this.#lengthFrom(from);
    if (count === null) return null;
    const [bytes, request] = [memory(count), memory(8)];
    const at = addressOf(bytes);
    const begin = this.#functions.MPI_Irecv;
    this.#insist(begin(at, count, byte, from, TAG, world, request));
    return { bytes, request };
  }

  /** Moves a message on; has it ended? */
  hasEnded({ request }: Transfer): boolean {
    const flag = integers(1);
    this.#insist(this.#functions.MPI_Test(request, flag, this.#status));
    return flag[0] !== 0;
  }

  /** Sends numbers to another rank and receives others from it, on another thread. */
  swap(given: Float32Array, into: Float32Array, other: number): Promise<void> {
    const { float, world } = this.#constants;
    const status = memory(STATUS_BYTES);
    const call = this.#functions.MPI_Sendrecv(
      ...[addressOf(given), given.length, float, other, SWAP_TAG] as const,
      ...[addressOf(into), into.length, float, other, SWAP_TAG] as const,
      ...[world, status] as const,
    );
    return this.#onThread([given, into, status], call);
  }

  /** Adds numbers to as many others, on another thread. */
  add(numbers: Float32Array, to: Float32Array): Promise<void> {
    const { float, sum } = this.#constants;
    const reduce = this.#functions.MPI_Reduce_local;
    const [a, b] = [addressOf(numbers), addressOf(to)];
    return this.#onThread([numbers, to], reduce(a, b, to.length, float, sum));
  }

  /** Adds numbers up over all ranks, in place and in any order, on another thread. */
  sum(numbers: Float32Array): Promise<void> {
    const { inPlace, float, sum, world } = this.#constants;
    const into = addressOf(numbers);
    const { length } = numbers;
    const reduce = this.#functions.MPI_Allreduce;
    const call = reduce(inPlace, into, length, float, sum, world);
    return this.#onThread([numbers], call);
  }

  /** Copies the bytes of rank 0 to all, on another thread. */
  broadcast(bytes: Uint8Array): Promise<void> {
    const { byte, world } = this.#constants;
    const cast = this.#functions.MPI_Bcast;
    const at = addressOf(bytes);
    return this.#onThread([bytes], cast(at, bytes.length, byte, 0, world));
  }

  /** Ends the use of MPI; waits for all ranks. */
  async end(): Promise<void> {
    this.#insist(await this.#functions.MPI_Finalize());
  }

  /** Ends the processes of all ranks; it returns where it must not be asked just now. */
  abort(exitCode: number): void {
    if (!this.#isMultiple && this.#pinned.size > 0) return;
    this.#functions.MPI_Abort(this.#constants.world, exitCode);
  }

  /** Bytes of the next message from a rank, or `null` if there is none. */
  #lengthFrom(rank: number): number | null {
    const { byte, world } = this.#constants;
    const [found, count] = [integers(1), integers(1)];
    const { MPI_Iprobe: probe, MPI_Get_count: counted } = this.#functions;
    this.#insist(probe(rank, TAG, world, found, this.#status));
    if (found[0] === 0) return null;
    this.#insist(counted(this.#status, byte, count));
    return count[0]!;
  }

  #placeIn(communicator: Handle): readonly [rank: number, size: number] {
    const [rank, size] = [integers(1), integers(1)];
    this.#insist(this.#functions.MPI_Comm_rank(communicator, rank));
    this.#insist(this.#functions.MPI_Comm_size(communicator, size));
    return [rank[0]!, size[0]!];
  }

  /** Waits for a call and keeps its buffers meanwhile. */
  async #onThread(
    buffers: readonly unknown[],
    call: Promise<number>,
  ): Promise<void> {
    this.#pinned.add(buffers);
    try {
      this.#insist(await call);
    } finally {
      this.#pinned.delete(buffers);
    }
  }

  #handleIn(out: Uint8Array<ArrayBuffer>): Handle {
    const view = new DataView(out.buffer);
    return typeof this.#constants.world === "number"
      ? view.getInt32(0, true)
      : Deno.UnsafePointer.create(view.getBigUint64(0, true));
  }

  #insist(code: number): void {
    if (code === 0) return;
    const text = textFrom(
      TEXT_BYTES,
      (bytes, length) => this.#functions.MPI_Error_string(code, bytes, length),
    );
    throw new MpiFailure(text || `error ${code} of MPI`);
  }
}

/** Bytes outside of the JavaScript heap, where they do not move. */
function memory(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(bytes));
}
