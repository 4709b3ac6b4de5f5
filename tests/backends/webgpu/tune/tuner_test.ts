/** The tuner on the adapter of this machine, with small products. */
import {
  deepStrictEqual,
  match,
  notStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import type { CommandList } from "../../../../backends/webgpu/wgsl/command_list.ts";
import { compileGraph } from "../../../../backends/webgpu/compile/compile_graph.ts";
import {
  type OpenDevice,
  sharedDevice,
} from "../../../../backends/webgpu/device/open_device.ts";
import {
  type Runtime,
  runtimeOn,
} from "../../../../backends/webgpu/runtime/runtime.ts";
import { knownChoices } from "../../../../backends/webgpu/tune/known_choices.ts";
import { fastest } from "../../../../backends/webgpu/tune/measure.ts";
import {
  candidatesOf,
  type Choice,
  defaultChoice,
  isPossible,
  nameOf,
  type Product,
} from "../../../../backends/webgpu/tune/product.ts";
import { timerOn, wallTimer } from "../../../../backends/webgpu/tune/timer.ts";
import { tunerOn } from "../../../../backends/webgpu/tune/tuner.ts";
import { adapterName } from "../../../../backends/webgpu/tune/tuning_memory.ts";
import {
  readTuning,
  tuningText,
} from "../../../../backends/webgpu/tune/tuning_text.ts";
import type { TuningOptions } from "../../../../backends/webgpu/tune/tuner.ts";
import { webgpuBackend } from "../../../../backends/webgpu/webgpu_backend.ts";
import { type Graph, traceGraph } from "../../../../core/mod.ts";
import { value } from "../../contract.ts";
import { sizesOf } from "../kernels/matmul_cases.ts";
import { storeOf } from "./tuning_stores.ts";

const found = await sharedDevice();
const opened: OpenDevice | null = found._tag === "Right" ? found.right : null;
const runtime: Runtime | null = opened && runtimeOn(opened.device);
const reason = opened === null ? " [skipped: no graphics adapter]" : "";

const test = (name: string, fn: () => Promise<void>): void =>
  Deno.test({
    name: `${name}${reason}`,
    ignore: opened === null,
    sanitizeOps: false,
    sanitizeResources: false,
    fn,
  });

const productOf = (
  extents: readonly [number, number, number],
  letters = "NN",
  byFours = false,
): Product => ({ sizes: sizesOf(extents, letters), byFours });

const SHORT = productOf([24, 20, 36], "NT");
const LONG = productOf([12, 8, 1000], "TN");

/** A graph with both, the second with its results added to something. */
const GRAPH: Graph = value(traceGraph((g) => ({
  short: g.matmul(g.input("a", [24, 36]), g.input("b", [20, 36]), {
    transposeB: true,
  }),
  long: g.add(
    g.matmul(g.input("c", [1000, 12]), g.input("d", [1000, 8]), {
      transposeA: true,
    }),
    g.input("e", [12, 8]),
  ),
})));

const names = ({ calls }: CommandList): readonly string[] =>
  calls.map(({ name }) => name);

const compiling = (
  choose?: Parameters<typeof compileGraph>[1]["choose"],
): CommandList =>
  compileGraph(GRAPH, {
    limits: opened!.limits,
    ...choose === undefined ? {} : { choose },
  });

/** Options for products of this size on software. */
const FORCED = { onSoftware: true, leastWork: 1, tiles: 1 } as const;

/** A tuner with what it says. */
function tuner(options: TuningOptions, of: OpenDevice = opened!) {
  const said: string[] = [];
  const asked: string[] = [];
  const made = tunerOn(of, runtime!, {
    ...FORCED,
    say: (line) => void said.push(line),
    progress: (words) => void asked.push(words),
    ...options,
  });
  return { tuned: made!.tuned, said, asked };
}

/** A text in which both products have kernels that they do not have by default. */
function textOf(choices: Readonly<Record<string, Choice>>): string {
  return tuningText(
    new Map(Object.entries(choices)),
    adapterName(opened!.adapter),
  );
}

const OTHERS = {
  [nameOf(SHORT)]: { variant: "middle", split: 1 },
  [nameOf(LONG)]: { variant: "plain", split: 2 },
} as const;

test("candidatesOf() begins with the default and has nothing twice, and all are possible", async () => {
  for (const limits of [opened!.limits, { ...opened!.limits, isGpu: true }]) {
    for (
      const product of [
        ...[SHORT, LONG, productOf([768, 3072, 3200], "TN")],
        productOf([3200, 2304, 768], "NT", true),
      ]
    ) {
      const all = candidatesOf(limits, product, 4);
      deepStrictEqual(all[0], defaultChoice(limits, product));
      strictEqual(
        new Set(all.map((one) => JSON.stringify(one))).size,
        all.length,
      );
      ok(all.every((choice) => isPossible(limits, product, choice)));
      ok(!product.byFours || all.every(({ variant }) => variant !== "plain"));
    }
  }
  return await Promise.resolve();
});

for (const clock of ["of the device", "of the program"] as const) {
  test(`fastest() finds one of the candidates, by the clock ${clock}`, async () => {
    const { device, limits } = opened!;
    const { watch } = runtime!;
    const timer = clock === "of the device"
      ? timerOn(device, watch)
      : { ...wallTimer(device, watch), reliable: 15 };
    const bench = { runtime: runtime!, limits, timer };
    for (const product of [LONG, productOf([16, 8, 40], "NN", true)]) {
      const candidates = candidatesOf(limits, product, 2).slice(0, 3);
      const choice = await fastest(bench, product, candidates, () => false);
      ok(candidates.includes(choice!), JSON.stringify(choice));
    }
    strictEqual(
      await fastest(bench, LONG, candidatesOf(limits, LONG, 1), () => true),
      null,
    );
    timer.dispose();
    strictEqual(watch.failure(), null);
  });
}

test("fastest() gives up a product that no buffer can hold", async () => {
  const { device, limits } = opened!;
  const timer = timerOn(device, runtime!.watch);
  const bench = { runtime: runtime!, limits, timer };
  const huge = productOf([2 ** 20, 2 ** 20, 64]);
  const choice = { variant: "large", split: 1 } as const;
  strictEqual(await fastest(bench, huge, [choice], () => false), null);
  timer.dispose();
});

test("tuned() measures once: the next start with the text that was saved does not", async () => {
  const store = storeOf(null);
  const first = tuner({ store });
  const list = await first.tuned(compiling);
  deepStrictEqual(first.asked, [
    "tuning product 1 of 2",
    "tuning product 2 of 2",
  ]);
  strictEqual(first.said.length, 1);
  match(
    first.said[0]!,
    /^tuned 2 matrix products in \d+\.\d s \(kept in a store\)$/,
  );
  const kept = value(
    readTuning(store.text()!, adapterName(opened!.adapter)),
  );
  deepStrictEqual(
    [...kept.keys()].toSorted(),
    [nameOf(LONG), nameOf(SHORT)].toSorted(),
  );
  const next = tuner({ store });
  deepStrictEqual(names(await next.tuned(compiling)), names(list));
  deepStrictEqual([next.said, next.asked], [[], []]);
  strictEqual(store.saved(), 1);
});

test("tuned() compiles with the kernels that are remembered", async () => {
  const { tuned, said } = tuner({ store: storeOf(textOf(OTHERS)) });
  const list = names(await tuned(compiling));
  ok(list.some((name) => name.startsWith("matmul NT 24×20×36 64×64×16")));
  ok(list.some((name) => name.startsWith("matmul TN 12×8×1000 8×8×4 split 2")));
  notStrictEqual(list.join(), names(compiling()).join());
  deepStrictEqual(said, []);
});

test("tuned() with a budget of 0 measures nothing, and uses what is remembered", async () => {
  const unknown = tuner({ budget: 0 });
  deepStrictEqual(names(await unknown.tuned(compiling)), names(compiling()));
  deepStrictEqual([unknown.said, unknown.asked], [[], []]);
  const store = storeOf(textOf(OTHERS));
  const list = names(await tuner({ store, budget: 0 }).tuned(compiling));
  ok(list.some((name) => name.includes("split 2")));
  strictEqual(store.saved(), 0);
});

test("tuned() keeps the defaults of other products for good when the time is over", async () => {
  const store = storeOf(null);
  const { tuned, said, asked } = tuner({ store, budget: 1e-6 });
  await tuned(compiling);
  match(said[0]!, /^tuned 1 of 2 matrix products in /);
  const kept = value(
    readTuning(store.text()!, adapterName(opened!.adapter)),
  );
  strictEqual(kept.size, 2);
  await tuned(compiling);
  deepStrictEqual([said.length, asked.length], [1, 1]);
});

test("tuned() measures what a text gives a kernel that it cannot have", async () => {
  const text = textOf({
    ...OTHERS,
    [nameOf(SHORT)]: { variant: "plain", split: 1_000_000 },
  });
  const { tuned, asked } = tuner({ store: storeOf(text) });
  await tuned(compiling);
  deepStrictEqual(asked, ["tuning product 1 of 1"]);
});

test("tuned() replaces a text of another card, and says so", async () => {
  const store = storeOf(tuningText(new Map(), "another"));
  const { tuned, said } = tuner({ store, tiles: 1 });
  await tuned(compiling);
  strictEqual(
    said[0],
    "not used: a store: it is of another graphics card (another)",
  );
  match(said[1]!, /^tuned 2 /);
  strictEqual(
    value(readTuning(store.text()!, adapterName(opened!.adapter))).size,
    2,
  );
});

test("tuned() works one after the other", async () => {
  const { tuned, said } = tuner({});
  const lists = await Promise.all([tuned(compiling), tuned(compiling)]);
  strictEqual(said.length, 1);
  deepStrictEqual(names(lists[0]), names(lists[1]));
});

test("tunerOn() measures no software unless it is asked to", async () => {
  const info = { ...opened!.info, isGpu: false };
  strictEqual(tunerOn({ ...opened!, info }, runtime!, {}), null);
  return await Promise.resolve();
});

test("knownChoices() passes over products that are too small to matter, and orders the rest by their work", async () => {
  const { limits } = opened!;
  const all = knownChoices(limits, new Map(), 1);
  compiling(all.choose);
  deepStrictEqual(all.unknown().map(({ name }) => name), [
    nameOf(LONG),
    nameOf(SHORT),
  ]);
  const some = knownChoices(limits, new Map(), 24 * 20 * 36 + 1);
  compiling(some.choose);
  deepStrictEqual(some.unknown().map(({ work }) => work), [12 * 8 * 1000]);
  return await Promise.resolve();
});

test("choices change results by no more than rounding", async () => {
  const numbers = (count: number, seed: number) =>
    Float32Array.from({ length: count }, (_, i) => Math.sin(seed + 7 * i));
  const results = await Promise.all(
    [textOf({}), textOf(OTHERS)].map(async (text) => {
      const tuning = { ...FORCED, budget: 0, store: storeOf(text) };
      const backend = value(await webgpuBackend({ tuning }));
      const inputs = new Map(
        GRAPH.nodes.flatMap((node, seed) => {
          if (node.op !== "input") return [];
          const { name } = node.attributes;
          const count = node.shape.reduce((a, b) => a * b, 1);
          const data = numbers(count, seed);
          return [[name, backend.upload({ shape: node.shape, data })] as const];
        }),
      );
      const program = value(await backend.compile(GRAPH));
      const outputs = value(await program.run(inputs));
      const read = await Promise.all(
        ["short", "long"].map((name) => outputs.get(name)!.read()),
      );
      program.dispose();
      return read;
    }),
  );
  const [usual, others] = results;
  usual!.forEach((data, i) =>
    data.forEach((x, k) => {
      const error = Math.abs(x - others![i]![k]!);
      ok(error <= 1e-5 * Math.max(1, Math.abs(x)), `${x} ${others![i]![k]}`);
    })
  );
});
