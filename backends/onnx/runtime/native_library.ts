/**
 * The only module that calls native code: shared libraries, pointers and C strings through
 * Deno's foreign function interface.
 */

/** An address of native memory; `null` is C's null pointer. */
export type Pointer = Deno.PointerValue;

/** The place of a C function in a table of function pointers, and its types. */
export interface TableEntry {
  /** Position in the table. */
  readonly index: number;
  /** Types of what it takes. */
  readonly parameters: readonly Deno.NativeType[];
  /** Type of what it gives. */
  readonly result: Deno.NativeResultType;
  /** Runs on another thread and gives a promise. */
  readonly nonblocking?: boolean;
}

/** C functions by name. */
export type FunctionTable = Readonly<Record<string, TableEntry>>;

/** The same functions as JavaScript calls them. */
export type NativeFunctions<Table extends FunctionTable> = {
  readonly [Name in keyof Table]: Deno.UnsafeFnPointer<Table[Name]>["call"];
};

/** Operating system and processor as Deno names them, or `null` where there is no Deno. */
export function hostPlatform(): readonly [os: string, arch: string] | null {
  return typeof Deno === "undefined" ? null : [Deno.build.os, Deno.build.arch];
}

/** Calls a listener with the exit code when the process ends without a signal. */
export function onExit(listener: (code: number) => void): void {
  globalThis.addEventListener("unload", () => listener(Deno.exitCode));
}

/**
 * Loads a shared library and calls a function of it that takes nothing and gives
 * a pointer.
 *
 * @throws If the library cannot be loaded, foreign functions are not allowed, or there is no such function.
 */
export function callEntryPoint(library: string, name: string): Pointer {
  const { symbols } = Deno.dlopen(library, {
    [name]: { parameters: [], result: "pointer" },
  });
  return symbols[name]!() as Pointer;
}

/**
 * A function of a shared library.
 *
 * @returns The function, or `null` if library, function or leave to call it is missing.
 */
export function libraryFunction<
  const Parameters extends readonly Deno.NativeType[],
  const Returned extends Deno.NativeResultType,
>(
  library: string,
  name: string,
  parameters: Parameters,
  result: Returned,
):
  | Deno.DynamicLibrary<
    Record<string, { parameters: Parameters; result: Returned }>
  >["symbols"][string]
  | null {
  try {
    const { symbols } = Deno.dlopen(library, {
      [name]: { parameters, result },
    });
    return symbols[name] as never;
  } catch {
    return null;
  }
}

/** The functions of a table that lies at an address. */
export function functionsAt<const Table extends FunctionTable>(
  address: Pointer,
  table: Table,
): NativeFunctions<Table> {
  const view = new Deno.UnsafePointerView(nonNull(address));
  const bind = (entry: TableEntry) => {
    const pointer = nonNull(view.getPointer(8 * entry.index));
    const definition = entry as Deno.ForeignFunction;
    const fn = new Deno.UnsafeFnPointer(pointer as never, definition);
    return fn.call.bind(fn);
  };
  return Object.fromEntries(
    Object.entries(table).map(([name, entry]) => [name, bind(entry)]),
  ) as NativeFunctions<Table>;
}

/** Text that ends with a zero byte. */
export function textAt(pointer: Pointer): string {
  return Deno.UnsafePointerView.getCString(nonNull(pointer));
}

/** The pointer that a C function wrote into a number. */
export function pointerFrom(address: bigint): Pointer {
  return Deno.UnsafePointer.create(address);
}

/** A pointer as a number, to be put into an array of pointers. */
export function addressOf(pointer: Pointer): bigint {
  return Deno.UnsafePointer.value(pointer);
}

/** Address of the first byte of a view. The view must be kept as long as it is used. */
export function addressOfData(data: Uint8Array): bigint {
  // Deno takes views of shared memory too; its types do not say so.
  return addressOf(Deno.UnsafePointer.of(data as Uint8Array<ArrayBuffer>));
}

/**
 * A pointer that is not null.
 *
 * @throws If it is.
 */
export function nonNull(pointer: Pointer): Deno.PointerObject {
  if (pointer === null) throw new Error("the native library gave no address");
  return pointer;
}
