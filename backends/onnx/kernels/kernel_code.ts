/**
 * Kernels as functions of a WebAssembly module: each is one pass over its tensors.
 *
 * Parameters: the address of each tensor, the address of each result, how many
 * numbers, the scalars in double precision. A result may lie where a tensor does.
 */
import type {
  ElementwisePart,
  KernelSpec,
  Operand,
} from "./elementwise_parts.ts";
import {
  ADDRESS_CODE,
  type AddressBits,
  type AddressCode,
  MAXIMUM_PAGES,
} from "./address_code.ts";
import { type Arithmetic, FOURFOLD, opCode, SINGLE } from "./kernel_ops.ts";
import {
  type Code,
  f64Const,
  load,
  localGet,
  localSet,
  OP,
  store,
  type WasmFunction,
  wasmModule,
  whileTrue,
} from "../../../core/wasm/wasm_code.ts";

/** Count of numbers that an instruction takes at a time. */
interface Lane {
  readonly type: "f32" | "v128";
  readonly arithmetic: Arithmetic;
  /** Numbers. */
  readonly width: 1 | 4;
  /** Each kept value has two locals, one for each lane. */
  readonly offset: 0 | 1;
}

const ONE: Lane = { type: "f32", arithmetic: SINGLE, width: 1, offset: 0 };
const FOUR: Lane = { type: "v128", arithmetic: FOURFOLD, width: 4, offset: 1 };

/** Bytes of a number, as a power of two. */
const LOG_BYTES = 2;

/** Layout of a kernel's locals. */
interface Frame {
  readonly spec: KernelSpec;
  /** Instructions on addresses. */
  readonly on: AddressCode;
  /** Values that are the same for all numbers, in double precision: the scalars, then the factors of each op. */
  readonly uniforms: readonly Code[];
  /** The first factor of each op among the uniforms. */
  readonly factors: readonly number[];
  /** Local of an address: of the tensors, then of the results. */
  readonly address: (index: number) => number;
  readonly count: number;
  /** Locals of the bytes done, and of those that the loop is to do. */
  readonly done: number;
  readonly end: number;
  readonly uniform: (index: number, lane: Lane) => number;
  /** Local of a value: of the tensors, then of the ops. */
  readonly value: (index: number, lane: Lane) => number;
}

function frameOf(spec: KernelSpec, on: AddressCode): Frame {
  const count = spec.tensors + spec.results.length;
  const scalar = (index: number): Code => localGet(count + 1 + index);
  const uniforms = Array.from({ length: spec.scalars }, (_, i) => scalar(i));
  const factors = spec.ops.map(({ op, operands }) => {
    const scalarAt = (position: number): Code => {
      const operand = operands[position];
      return operand?._tag === "Scalar" ? scalar(operand.index) : f64Const(NaN);
    };
    const first = uniforms.length;
    uniforms.push(...opCode(op).factors(scalarAt));
    return first;
  });
  const done = count + 1 + spec.scalars;
  const values = done + 2 + 2 * uniforms.length;
  return {
    spec,
    on,
    uniforms,
    factors,
    address: (index) => index,
    count,
    done,
    end: done + 1,
    uniform: (index, { offset }) => done + 2 + 2 * index + offset,
    value: (index, { offset }) => values + 2 * index + offset,
  };
}

/** Computes the values that all numbers share. */
const prologue = (frame: Frame): Code =>
  frame.uniforms.flatMap((code, i) => [
    ...code,
    ...OP.f32FromF64,
    ...localSet(frame.uniform(i, ONE)),
    ...localGet(frame.uniform(i, ONE)),
    ...OP.f32x4Splat,
    ...localSet(frame.uniform(i, FOUR)),
  ]);

const place = (frame: Frame, index: number): Code => [
  ...localGet(frame.address(index)),
  ...localGet(frame.done),
  ...frame.on.add,
];

/** Reads a number of each tensor, computes all ops and writes the results. */
function pass(frame: Frame, lane: Lane): Code {
  const { spec } = frame;
  const valueOf = (operand: Operand | undefined): Code => {
    switch (operand?._tag) {
      case "Tensor":
        return localGet(frame.value(operand.index, lane));
      case "Scalar":
        return localGet(frame.uniform(operand.index, lane));
      case "Computed":
        return localGet(frame.value(spec.tensors + operand.index, lane));
      case undefined:
        return f64Const(NaN);
    }
  };
  const reads = Array.from({ length: spec.tensors }, (_, i): Code => [
    ...place(frame, i),
    ...load(lane.type),
    ...localSet(frame.value(i, lane)),
  ]);
  const computations = spec.ops.map(({ op, operands }, i): Code => [
    ...opCode(op).result(
      lane.arithmetic,
      (position) => valueOf(operands[position]),
      (k) => localGet(frame.uniform((frame.factors[i] ?? 0) + k, lane)),
    ),
    ...localSet(frame.value(spec.tensors + i, lane)),
  ]);
  const writes = spec.results.map((op, i): Code => [
    ...place(frame, spec.tensors + i),
    ...localGet(frame.value(spec.tensors + op, lane)),
    ...store(lane.type),
  ]);
  return [reads, computations, writes].flat(2);
}

/** Passes until so many numbers are done. */
const loop = (frame: Frame, lane: Lane, numbers: Code): Code => [
  ...numbers,
  ...frame.on.constant(LOG_BYTES),
  ...frame.on.shiftLeft,
  ...localSet(frame.end),
  ...whileTrue(
    [...localGet(frame.done), ...localGet(frame.end), ...frame.on.lessThan],
    [
      ...pass(frame, lane),
      ...localGet(frame.done),
      ...frame.on.constant(lane.width << LOG_BYTES),
      ...frame.on.add,
      ...localSet(frame.done),
    ],
  ),
];

/** The function of a kernel: four numbers at a time, the last few one by one. */
function kernelCode(spec: KernelSpec, on: AddressCode): WasmFunction {
  const frame = frameOf(spec, on);
  const count = localGet(frame.count);
  const kept = frame.uniforms.length + spec.tensors + spec.ops.length;
  return {
    parameters: [
      ...Array.from({ length: frame.count + 1 }, () => on.type),
      ...Array.from({ length: spec.scalars }, () => "f64" as const),
    ],
    locals: [
      ...[on.type, on.type],
      ...Array.from({ length: kept }, () => ["f32", "v128"] as const).flat(),
    ],
    code: [
      ...prologue(frame),
      ...loop(frame, FOUR, [...count, ...on.constant(-4), ...on.and]),
      ...loop(frame, ONE, count),
    ],
  };
}

/** Kernels, and which of them computes what. */
export interface Kernels {
  /** The module; its functions are named by their numbers. */
  readonly module: Uint8Array<ArrayBuffer>;
  /** For each part the number of its kernel; parts that compute alike share one. */
  readonly kernelOf: readonly number[];
}

/**
 * The kernels of parts of a graph.
 *
 * @param addresses Bits of an address in the memory of all tensors.
 */
export function kernelsOf(
  parts: readonly ElementwisePart[],
  addresses: AddressBits,
): Kernels {
  const on = ADDRESS_CODE[addresses];
  const maximum = MAXIMUM_PAGES[addresses];
  const specs = new Map(parts.map(({ spec }) => [JSON.stringify(spec), spec]));
  const keys = [...specs.keys()];
  return {
    module: wasmModule(
      [...specs.values()].map((spec) => kernelCode(spec, on)),
      { addresses, shared: true, maximum },
    ),
    kernelOf: parts.map(({ spec }) => keys.indexOf(JSON.stringify(spec))),
  };
}
