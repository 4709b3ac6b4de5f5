/**
 * The only module of the ranks that calls native code: opens a library of MPI through
 * Deno's foreign function interface.
 *
 * @see {@link https://www.mpi-forum.org/docs/mpi-3.1/mpi31-report.pdf}
 */
import { left, type Result, right } from "../../core/mod.ts";
import type { MpiFamily } from "./launch.ts";

/** A communicator, type or operation: a number in MPICH, an address in Open MPI. */
export type Handle = number | Deno.PointerValue;

/** What MPI's header gives a name, and each library another value. */
export interface MpiConstants {
  readonly world: Handle;
  readonly float: Handle;
  readonly byte: Handle;
  readonly sum: Handle;
  readonly errorsReturn: Handle;
  readonly noInfo: Handle;
  /** Kind of a communicator of the ranks on one machine. */
  readonly shared: number;
  /** Stands for the buffer that is sent where it is the one that is received into. */
  readonly inPlace: Deno.PointerValue;
}

/** Bytes or numbers in one call of MPI, which counts them with 31 bits. */
export const MOST_IN_CALL = 2 ** 30;

const H = "handle", P = "pointer", B = "buffer", I = "i32";
const ON_THREAD = { onThread: true } as const;

/**
 * Functions of MPI and what they take. All give an error code. Those that wait for other
 * ranks run on another thread.
 */
const SIGNATURES = {
  MPI_Get_library_version: { takes: [B, B] },
  MPI_Init_thread: { takes: [P, P, I, B], ...ON_THREAD },
  MPI_Finalize: { takes: [], ...ON_THREAD },
  MPI_Abort: { takes: [H, I] },
  MPI_Comm_set_errhandler: { takes: [H, H] },
  MPI_Comm_rank: { takes: [H, B] },
  MPI_Comm_size: { takes: [H, B] },
  MPI_Comm_split_type: { takes: [H, I, I, H, B], ...ON_THREAD },
  MPI_Get_processor_name: { takes: [B, B] },
  MPI_Error_string: { takes: [I, B, B] },
  MPI_Isend: { takes: [P, I, H, I, I, H, B] },
  MPI_Irecv: { takes: [P, I, H, I, I, H, B] },
  MPI_Iprobe: { takes: [I, I, H, B, B] },
  MPI_Get_count: { takes: [B, H, B] },
  MPI_Test: { takes: [B, B, B] },
  MPI_Sendrecv: {
    takes: [P, I, H, I, I, P, I, H, I, I, H, B],
    ...ON_THREAD,
  },
  MPI_Reduce_local: { takes: [P, P, I, H, H], ...ON_THREAD },
  MPI_Allreduce: { takes: [P, P, I, H, H, H], ...ON_THREAD },
  MPI_Bcast: { takes: [P, I, H, I, H], ...ON_THREAD },
} as const;

type Signatures = typeof SIGNATURES;

interface ArgumentOf {
  readonly handle: Handle;
  readonly pointer: Deno.PointerValue;
  readonly buffer: Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
  readonly i32: number;
}

type Arguments<Takes extends readonly (keyof ArgumentOf)[]> = {
  -readonly [At in keyof Takes]: ArgumentOf[Takes[At]];
};

/** The functions of MPI as JavaScript calls them; each gives an error code. */
export type MpiFunctions = {
  readonly [Name in keyof Signatures]: (
    ...args: Arguments<Signatures[Name]["takes"]>
  ) => Signatures[Name] extends { onThread: true } ? Promise<number> : number;
};

/** An open library of MPI. */
export interface MpiLibrary {
  /** Its name and version, for example `MPICH 4.0.2`. */
  readonly version: string;
  readonly family: MpiFamily;
  readonly functions: MpiFunctions;
  readonly constants: MpiConstants;
}

/** Constants of the common binary interface of MPICH, Intel MPI and MVAPICH. */
const MPICH_CONSTANTS = {
  world: 0x44000000,
  float: 0x4c00040a,
  byte: 0x4c00010d,
  sum: 0x58000003,
  errorsReturn: 0x54000001,
  noInfo: 0x1c000000,
  shared: 1,
} as const;

const OPEN_MPI_SYMBOLS = {
  world: "ompi_mpi_comm_world",
  float: "ompi_mpi_float",
  byte: "ompi_mpi_byte",
  sum: "ompi_mpi_op_sum",
  errorsReturn: "ompi_mpi_errors_return",
  noInfo: "ompi_mpi_info_null",
} as const;

const LINUX_NAMES: Readonly<Record<MpiFamily, readonly string[]>> = {
  mpich: ["libmpich.so.12", "libmpi.so.12"],
  openmpi: ["libmpi.so.40"],
};

const MAC_NAMES: Readonly<Record<MpiFamily, readonly string[]>> = {
  mpich: ["libmpi.12.dylib", "/opt/homebrew/lib/libmpi.12.dylib"],
  openmpi: ["libmpi.40.dylib", "/opt/homebrew/lib/libmpi.40.dylib"],
};

/**
 * Names under which the libraries of a family are found, those to try first in front; for
 * no family, the names of all.
 */
export function libraryNames(family: MpiFamily | null): readonly string[] {
  const names = Deno.build.os === "darwin" ? MAC_NAMES : LINUX_NAMES;
  return family === null ? [...names.openmpi, ...names.mpich] : names[family];
}

/**
 * Opens the first library that there is.
 *
 * @param names File names or paths.
 * @returns The library, or why none could be opened: one sentence without a full stop.
 */
export function openMpi(names: readonly string[]): Result<string, MpiLibrary> {
  const reasons: string[] = [];
  for (const name of names) {
    try {
      return right(openLibrary(name));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      reasons.push(`${name} (${reason.replace(/\.?\n.*/s, "")})`);
    }
  }
  return left(`no MPI library could be opened: ${reasons.join("; ")}`);
}

function openLibrary(path: string): MpiLibrary {
  const openMpi = openMpiConstants(path);
  const handle = openMpi === null ? "i32" : "pointer";
  const definitions = Object.entries(SIGNATURES).map(([name, signature]) => [
    name,
    {
      parameters: signature.takes.map((type) => type === H ? handle : type),
      result: "i32",
      nonblocking: "onThread" in signature,
    },
  ]);
  const { symbols } = Deno.dlopen(path, Object.fromEntries(definitions));
  const functions = symbols as unknown as MpiFunctions;
  return {
    version: versionOf(functions),
    family: openMpi === null ? "mpich" : "openmpi",
    functions,
    constants: openMpi ?? {
      ...MPICH_CONSTANTS,
      inPlace: Deno.UnsafePointer.create(2n ** 64n - 1n),
    },
  };
}

/** The constants of Open MPI: addresses of its symbols; `null` if the library has none. */
function openMpiConstants(path: string): MpiConstants | null {
  const definitions = Object.entries(OPEN_MPI_SYMBOLS).map(([key, name]) => [
    key,
    { name, type: "pointer", optional: true },
  ]);
  const { symbols } = Deno.dlopen(path, Object.fromEntries(definitions));
  const handles = symbols as unknown as Record<
    keyof typeof OPEN_MPI_SYMBOLS,
    Deno.PointerValue
  >;
  return handles.world === null
    ? null
    : { ...handles, shared: 0, inPlace: Deno.UnsafePointer.create(1n) };
}

function versionOf(functions: MpiFunctions): string {
  const write = functions.MPI_Get_library_version;
  const [line] = textFrom(8192, write).split(/[\n,]/);
  return line!.replace("Version:", "").replace(/\s+/g, " ").trim();
}

/**
 * Text that a function of MPI writes.
 *
 * @param room Bytes that it may write at most.
 */
export function textFrom(
  room: number,
  write: (
    bytes: Uint8Array<ArrayBuffer>,
    length: Int32Array<ArrayBuffer>,
  ) => unknown,
): string {
  const bytes = new Uint8Array(new ArrayBuffer(room));
  const length = integers(1);
  write(bytes, length);
  return new TextDecoder().decode(bytes.subarray(0, length[0])).replace(
    /\0.*/s,
    "",
  );
}

/** Integers outside of the JavaScript heap, where they do not move. */
export function integers(count: number): Int32Array<ArrayBuffer> {
  return new Int32Array(new ArrayBuffer(4 * count));
}

/**
 * Address of the first byte of a view, which may be one of shared memory. The view must
 * be kept as long as the address is used.
 */
export function addressOf(
  { buffer, byteOffset, byteLength }: ArrayBufferView,
): Deno.PointerValue {
  // Asking for the buffer moves a small array out of the JavaScript heap for good.
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return Deno.UnsafePointer.of(bytes as Uint8Array<ArrayBuffer>);
}
