/** Hand-written command lists on the adapter of this machine. */
import { deepStrictEqual, ok, throws } from "node:assert/strict";
import type {
  CommandList,
  GroupedKernel,
} from "../../../../backends/webgpu/wgsl/command_list.ts";
import { partitionsOf } from "../../../../backends/webgpu/runtime/groups.ts";
import { listProgram } from "../../../../backends/webgpu/runtime/program.ts";
import { runtimeOn } from "../../../../backends/webgpu/runtime/runtime.ts";
import { slabsOf } from "../../../../backends/webgpu/runtime/memory/slabs.ts";
import type {
  DeviceTensor,
  DeviceTensors,
} from "../../../../backends/backend.ts";
import {
  counted,
  map,
  numbersOf,
  outputsOf,
  programOf,
  steps,
  value,
} from "./small_lists.ts";
import { deviceTest } from "../device_tests.ts";

deviceTest(
  "a list gives its numbers in every run, and makes nothing from the second on",
  async (device) => {
    const { device: counting, made } = counted(device);
    const runtime = runtimeOn(counting);
    const program = await programOf(runtime, steps(157));
    const x = runtime.tensors.upload({ shape: [157], data: numbersOf(157) });
    let w = runtime.tensors.upload({ shape: [157], data: numbersOf(157, 3) });
    for (let run = 1; run <= 4; run++) {
      const before = w;
      const count = made.length;
      const outputs = await outputsOf(program, new Map([["x", x], ["w", w]]));
      if (run > 1) deepStrictEqual(made.slice(count), []);
      const y: DeviceTensor = outputs.get("y")!;
      w = outputs.get("v")!;
      deepStrictEqual(await y.read(), numbersOf(157).map((x) => 4 * x + 1));
      deepStrictEqual(await w.read(), numbersOf(157, 3 + run));
      deepStrictEqual(runtime.tensors.regionOf(before), undefined);
      y.dispose();
      deepStrictEqual(runtime.tensors.liveTensors(), 2);
      deepStrictEqual(runtime.tensors.liveBytes(), 2 * 4 * 157);
    }
    const { work } = program;
    deepStrictEqual(work.dispatches, 4);
    deepStrictEqual(work.bytesMoved, 4 * 2 * 4 * 157);
    deepStrictEqual(work.scratchBytes, 2 * 4 * 157);
    ok(work.encodeMilliseconds > 0);
    const wrong = await program.run(new Map([["x", x]]));
    ok(wrong._tag === "Left" && wrong.left._tag === "WrongInput");
    program.dispose();
    runtime.tensors.dispose();
  },
);

const GROUPED = `@group(0) @binding(0) var<storage, read> table : array<u32>;
@group(0) @binding(1) var<storage, read_write> source : array<f32>;
@group(0) @binding(2) var<storage, read_write> goal : array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_index) local : u32) {
  let record = (group.x + 65535u * group.y) * 4u;
  let block = table[record];
  let i = block * 64u + local;
  if (block != 0xffffffffu && i < table[record + 3u]) {
    goal[table[record + 2u] + i] += source[table[record + 1u] + i];
  }
}`;

/** `b += a` for tensors of several sizes; every other `a` is an intermediate value. */
function groupedList(counts: readonly number[]): CommandList {
  const values = counts.flatMap((count, i) => [
    value({ _tag: "Input", name: `a${i}` }, count),
    value({ _tag: "Input", name: `b${i}` }, count),
    value({ _tag: "Scratch" }, count),
  ]);
  const group: GroupedKernel = {
    _tag: "GroupedKernel",
    name: "add all",
    code: GROUPED,
    access: ["read", "read_write"],
    members: counts.map((count, i) => ({
      values: [3 * i + (i % 2 === 0 ? 0 : 2), 3 * i + 1],
      blocks: Math.ceil(count / 64),
      words: [count],
    })),
  };
  const names = counts.map((_, i) => i);
  return {
    values,
    calls: [
      ...names.filter((i) => i % 2 === 1).map((i) =>
        map(values, [3 * i, 3 * i + 2], (x) => x)
      ),
      group,
    ],
    outputs: Object.fromEntries(names.map((i) => [`c${i}`, 3 * i + 1])),
    replaced: Object.fromEntries(names.map((i) => [`c${i}`, `b${i}`])),
  };
}

deviceTest(
  "members of a group share dispatches where their values lie in the same buffers",
  async (device) => {
    const { device: counting, made } = counted(device);
    const runtime = runtimeOn(counting);
    const counts = [5, 200, 131, 64];
    const program = await programOf(runtime, groupedList(counts));
    let inputs: DeviceTensors = new Map(counts.flatMap((count, i) => [
      [
        `a${i}`,
        runtime.tensors.upload({ shape: [count], data: numbersOf(count) }),
      ] as const,
      [
        `b${i}`,
        runtime.tensors.upload({ shape: [count], data: numbersOf(count, 2) }),
      ] as const,
    ]));
    for (let run = 1; run <= 3; run++) {
      const count = made.length;
      const outputs = await outputsOf(program, inputs);
      if (run > 1) deepStrictEqual(made.slice(count), []);
      for (const [i, count] of counts.entries()) {
        const found: DeviceTensor = outputs.get(`c${i}`)!;
        deepStrictEqual(await found.read(), numbersOf(count, 2 + run));
        inputs = new Map([...inputs, [`b${i}`, found]]);
      }
    }
    deepStrictEqual(program.work.dispatches, 2 + 2);
    program.dispose();
    runtime.tensors.dispose();
  },
);

Deno.test("a folded dispatch ends with records that have nothing to do", () => {
  const members = [{ values: [0], blocks: 65_537, words: [9] }];
  const [part] = partitionsOf({ members }, () => ({ buffer: 0, offset: 512 }));
  deepStrictEqual(part!.workgroups, [65_535, 2, 1]);
  deepStrictEqual([...part!.table.subarray(3 * 65_536, 3 * 65_537 + 1)], [
    65_536,
    128,
    9,
    0xffff_ffff,
  ]);
  deepStrictEqual(part!.table.length, 3 * 2 * 65_535);
});

deviceTest("a kernel that does not compile is named", async (device) => {
  const runtime = runtimeOn(device);
  const list = steps(8);
  const [first] = list.calls;
  const broken = { ...first!, name: "broken one", code: "fn main( {" };
  const program = await listProgram(runtime, { ...list, calls: [broken] });
  ok(
    program._tag === "Left" && program.left._tag === "ExecutionFailed" &&
      program.left.reason.includes("broken one"),
  );
});

deviceTest(
  "equal uploads find equal places, small ones are written together, too large ones refused",
  async (device) => {
    const { device: counting, writes } = counted(device);
    const { tensors } = runtimeOn(counting);
    const upload = () =>
      [3, 700, 20, 64].map((count) =>
        tensors.upload({ shape: [count], data: numbersOf(count) })
      );
    const placesOf = (list: ReturnType<typeof upload>) =>
      list.map((tensor) => tensors.regionOf(tensor)!.offset);
    const first = upload();
    const places = placesOf(first);
    first.forEach((tensor) => tensor.dispose());
    const before = writes();
    const second = upload();
    deepStrictEqual(placesOf(second), places);
    deepStrictEqual(writes() - before, 1);
    tensors.flush();
    deepStrictEqual(writes() - before, 3);
    for (const tensor of second) {
      deepStrictEqual(await tensor.read(), numbersOf(tensor.shape[0]!));
    }
    throws(() => tensors.upload({ shape: [2], data: numbersOf(3) }));
    tensors.dispose();
    const slabs = slabsOf(counting);
    const refused = slabs.take(slabs.limit + 1, "a tensor");
    ok(refused._tag === "Left" && refused.left._tag === "TensorTooLarge");
    slabs.dispose();
  },
);
