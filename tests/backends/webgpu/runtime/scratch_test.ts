/** Memory of intermediate values that programs share. */
import { deepStrictEqual, ok } from "node:assert/strict";
import {
  type ListProgram,
  listProgram,
} from "../../../../backends/webgpu/runtime/program.ts";
import {
  type Runtime,
  runtimeOn,
} from "../../../../backends/webgpu/runtime/runtime.ts";
import { deviceTest } from "../device_tests.ts";
import {
  counted,
  map,
  numbersOf,
  outputsOf,
  programOf,
  steps,
  value,
} from "./small_lists.ts";

/** Runs a list of `steps` and verifies its numbers. */
async function verify(runtime: Runtime, program: ListProgram, count: number) {
  const [x, w] = [1, 3].map((factor) =>
    runtime.tensors.upload({ shape: [count], data: numbersOf(count, factor) })
  );
  const outputs = await outputsOf(program, new Map([["x", x!], ["w", w!]]));
  const [y, v] = [outputs.get("y")!, outputs.get("v")!];
  deepStrictEqual(await y.read(), numbersOf(count).map((x) => 4 * x + 1));
  deepStrictEqual(await v.read(), numbersOf(count, 4));
  [x!, y, v].forEach((tensor) => tensor.dispose());
}

deviceTest(
  "programs share scratch memory, which grows and shrinks with their needs",
  async (device) => {
    const runtime = runtimeOn(device);
    const { scratch } = runtime;
    const small = await programOf(runtime, steps(100));
    deepStrictEqual(scratch.bytes(), 2 * 400);
    await verify(runtime, small, 100);
    const large = await programOf(runtime, steps(301));
    deepStrictEqual(scratch.bytes(), 2 * 4 * 301);
    deepStrictEqual(small.work.scratchBytes, 2 * 400);
    deepStrictEqual(large.work.scratchBytes, 2 * 4 * 301);
    for (let turn = 0; turn < 3; turn++) {
      await verify(runtime, small, 100);
      await verify(runtime, large, 301);
    }
    large.dispose();
    large.dispose();
    deepStrictEqual(scratch.bytes(), 0);
    await verify(runtime, small, 100);
    deepStrictEqual(scratch.bytes(), 2 * 400);
    small.dispose();
    deepStrictEqual(scratch.bytes(), 0);
    runtime.tensors.dispose();
  },
);

deviceTest(
  "programs in turns make nothing, and a smaller one replaces no buffer",
  async (device) => {
    const { device: counting, made } = counted(device);
    const runtime = runtimeOn(counting);
    const large = await programOf(runtime, steps(301));
    await verify(runtime, large, 301);
    const before = made.length;
    const small = await programOf(runtime, steps(100));
    deepStrictEqual(
      made.slice(before).filter((name) => name === "createBuffer"),
      [],
    );
    await verify(runtime, small, 100);
    const count = made.length;
    for (let turn = 0; turn < 3; turn++) {
      await verify(runtime, large, 301);
      await verify(runtime, small, 100);
    }
    deepStrictEqual(made.slice(count), []);
    [small, large].forEach((program) => program.dispose());
    runtime.tensors.dispose();
  },
);

const CAST = `@group(0) @binding(0) var<storage, read> x : array<i32>;
@group(0) @binding(1) var<storage, read> halves : array<u32>;
@group(0) @binding(2) var<storage, read_write> half : array<u32>;
@group(0) @binding(3) var<storage, read_write> y : array<i32>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group : vec3<u32>) {
  let i = group.x;
  half[i] = halves[i];
  y[i] = x[i] * 3 - 1;
}`;

const WIDEN = `@group(0) @binding(0) var<storage, read> half : array<u32>;
@group(0) @binding(1) var<storage, read_write> wide : array<f32>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group : vec3<u32>) {
  let pair = half[group.x];
  wide[2u * group.x] = bitcast<f32>(pair << 16u);
  wide[2u * group.x + 1u] = bitcast<f32>(pair & 0xffff0000u);
}`;

deviceTest(
  "whole numbers, and constants and intermediate values in bfloat16",
  async (device) => {
    const runtime = runtimeOn(device);
    const tie = 1 + 2 ** -8;
    const given = [1.5, tie, -tie - 2 ** -7, 2 ** 127 * 1.999, Infinity, -0];
    const values = [
      value({ _tag: "Input", name: "x" }, 3),
      value({ _tag: "Constant", values: given }, 6),
      value({ _tag: "Scratch" }, 6),
      value({ _tag: "Output" }, 3),
      value({ _tag: "Output" }, 6),
    ].map((value, id) =>
      id === 0 || id === 3
        ? { ...value, dtype: "int32" as const, storage: "i32" as const }
        : id === 1 || id === 2
        ? { ...value, storage: "bf16" as const }
        : value
    );
    const kernel = (code: string, uses: readonly number[], writes: number) => ({
      _tag: "Kernel" as const,
      name: "cast",
      code,
      workgroups: [3, 1, 1] as const,
      bindings: uses.map((value, i) => ({
        value,
        access: i < uses.length - writes
          ? "read" as const
          : "read_write" as const,
      })),
    });
    const program = await programOf(runtime, {
      values,
      calls: [kernel(CAST, [0, 1, 2, 3], 2), kernel(WIDEN, [2, 4], 1)],
      outputs: { y: 3, wide: 4 },
      replaced: {},
    });
    deepStrictEqual(program.work.scratchBytes, 16);
    const data = Int32Array.of(7, -5, 2 ** 29);
    const x = runtime.tensors.upload({ shape: [3], data });
    const outputs = await outputsOf(program, new Map([["x", x]]));
    deepStrictEqual(
      await outputs.get("y")!.read(),
      data.map((x) => x * 3 - 1),
    );
    deepStrictEqual(
      await outputs.get("wide")!.read(),
      Float32Array.of(1.5, 1, -1 - 2 ** -6, Infinity, Infinity, -0),
    );
    const wrong = runtime.tensors.upload({ shape: [3], data: numbersOf(3) });
    const refused = await program.run(new Map([["x", wrong]]));
    ok(refused._tag === "Left" && refused.left._tag === "WrongInput");
    program.dispose();
    runtime.tensors.dispose();
  },
);

deviceTest("a caller's tensor in bfloat16 is a mistake", async (device) => {
  const runtime = runtimeOn(device);
  const values = [
    value({ _tag: "Input", name: "x" }, 4),
    { ...value({ _tag: "Output" }, 4), storage: "bf16" as const },
  ];
  const calls = [map(values, [0, 1], (x) => x)];
  const list = { values, calls, outputs: { y: 1 }, replaced: {} };
  const made = await listProgram(runtime, list).catch(String);
  ok(typeof made === "string" && made.includes("16 bits"));
});
