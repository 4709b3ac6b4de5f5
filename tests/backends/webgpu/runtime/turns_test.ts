/** Outputs that are held for some runs: their places take turns. */
import { deepStrictEqual, ok } from "node:assert/strict";
import type {
  CommandList,
  GroupedKernel,
} from "../../../../backends/webgpu/wgsl/command_list.ts";
import type { DeviceTensor } from "../../../../backends/backend.ts";
import { runtimeOn } from "../../../../backends/webgpu/runtime/runtime.ts";
import { deviceTest } from "../device_tests.ts";
import {
  counted,
  map,
  numbersOf,
  outputsOf,
  programOf,
  value,
} from "./small_lists.ts";

const NEGATE = `@group(0) @binding(0) var<storage, read> table : array<u32>;
@group(0) @binding(1) var<storage, read_write> source : array<f32>;
@group(0) @binding(2) var<storage, read_write> goal : array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_index) i : u32) {
  let record = group.x * 4u;
  if (i < table[record + 3u]) {
    goal[table[record + 2u] + i] = -source[table[record + 1u] + i];
  }
}`;

/** `y = 3·x` and `z = −y`, by a kernel and by a group. */
function list(count: number): CommandList {
  const values = [
    value({ _tag: "Input", name: "x" }, count),
    value({ _tag: "Output" }, count),
    value({ _tag: "Output" }, count),
  ];
  const group: GroupedKernel = {
    _tag: "GroupedKernel",
    name: "negate",
    code: NEGATE,
    access: ["read", "read_write"],
    members: [{ values: [1, 2], blocks: 1, words: [count] }],
  };
  return {
    values,
    calls: [map(values, [0, 1], (x) => `3.0 * ${x}`), group],
    outputs: { y: 1, z: 2 },
    replaced: {},
  };
}

for (const held of [1, 2, 3]) {
  deviceTest(
    `nothing is made after the first turn of ${held + 1} sets of outputs`,
    async (device) => {
      const { device: counting, made } = counted(device);
      const runtime = runtimeOn(counting);
      const program = await programOf(runtime, list(60));
      const x = runtime.tensors.upload({ shape: [60], data: numbersOf(60) });
      const kept: DeviceTensor[][] = [];
      for (let run = 1; run <= 5 * (held + 1); run++) {
        const count = made.length;
        const outputs = await outputsOf(program, new Map([["x", x]]));
        const [y, z]: [DeviceTensor, DeviceTensor] = [
          outputs.get("y")!,
          outputs.get("z")!,
        ];
        kept.push([y, z]);
        if (run > held + 1) deepStrictEqual(made.slice(count), []);
        deepStrictEqual(await y.read(), numbersOf(60, 3));
        deepStrictEqual(await z.read(), numbersOf(60, 3).map((y) => -y));
        if (kept.length > held) {
          kept.shift()!.forEach((tensor) => tensor.dispose());
        }
      }
      program.dispose();
      runtime.tensors.dispose();
    },
  );
}

deviceTest(
  "outputs that are held for other times, and uploads between, keep to few places",
  async (device) => {
    const { device: counting, made } = counted(device);
    const runtime = runtimeOn(counting);
    const program = await programOf(runtime, list(60), { reported: ["z"] });
    const late: DeviceTensor[] = [];
    let count = 0;
    for (let run = 1; run <= 40; run++) {
      const data = numbersOf(60, run);
      const x = runtime.tensors.upload({ shape: [60], data });
      const outputs = await outputsOf(program, new Map([["x", x]]));
      x.dispose();
      outputs.get("y")!.dispose();
      late.push(outputs.get("z")!);
      if (late.length > 3) {
        const z = late.shift()!;
        deepStrictEqual(
          await z.read(),
          numbersOf(60, run - 3).map((x) => -3 * x),
        );
        z.dispose();
      }
      if (run === 12) count = made.length;
    }
    // Buffers of reports are as many as are on their way at one time.
    const later = made.slice(count);
    deepStrictEqual(later.filter((name) => name !== "createBuffer"), []);
    ok(later.length <= 4);
    program.dispose();
    runtime.tensors.dispose();
  },
);
