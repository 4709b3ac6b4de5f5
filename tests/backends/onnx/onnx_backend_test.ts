import { deepStrictEqual, equal, match, ok } from "node:assert/strict";
import { onnxBackend, selectBackend } from "../../../backends/mod.ts";
import { traceGraph } from "../../../core/mod.ts";
import { right } from "../../right.ts";
import { value } from "../contract.ts";
import { filled } from "../op_cases.ts";
import { onOnnx } from "./open_onnx.ts";

/** A chain of products that takes a while, and one that does not. */
const products = (side: number, count: number) =>
  right(traceGraph((g) => {
    const x = g.input("x", [side, side]);
    let y = x;
    for (let i = 0; i < count; i++) y = g.scale(g.matmul(y, x), 1 / side);
    return { y };
  }));

for (const threads of [0, -1, 1.5, NaN]) {
  Deno.test(`onnxBackend() refuses ${threads} threads`, async () => {
    deepStrictEqual(await onnxBackend({ threads }), {
      _tag: "Left",
      left: {
        _tag: "BackendUnavailable",
        device: "onnx",
        reason: `found ${threads} threads, wanted a whole number of at least 1`,
      },
    });
  });
}

/** What starting the engine in a process with these permissions prints. */
async function startedWith(...permissions: string[]): Promise<string> {
  const program = new URL("print_backend.ts", import.meta.url).href;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", ...permissions, program],
  }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("onnxBackend() without leave to call foreign functions says so", async () => {
  match(
    await startedWith("--allow-read", "--allow-env", "--allow-sys"),
    /^Cannot use onnx: Requires ffi access/,
  );
});

onOnnx(
  "onnxBackend() needs no leave but to call foreign functions",
  async () => {
    equal(
      await startedWith("--allow-ffi"),
      "ONNX Runtime 1.30.0, one thread\n",
    );
  },
);

onOnnx("selectBackend() takes it when it is asked for by name", async () => {
  const { backend, why } = value(await selectBackend("onnx"));
  equal(backend.device.name, "onnx");
  match(why, /^Using onnx \(ONNX Runtime 1\.30\.0, .* threads?\) as asked$/);
  backend.dispose();
});

onOnnx("run() lets timers tick during a step", async (backend) => {
  const program = value(await backend.compile(products(512, 20)));
  const x = backend.upload(filled([512, 512]));
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const outputs = value(await program.run(new Map([["x", x]])));
  clearInterval(timer);
  ok(ticks > 0, "the step blocked the thread");
  outputs.forEach((y) => y.dispose());
  x.dispose();
  program.dispose();
});

onOnnx(
  "run() goes on when inputs and program are disposed meanwhile",
  async (backend) => {
    const before = [backend.liveTensors(), backend.liveBytes()];
    const graph = products(256, 20);
    const once = async (disturb: boolean) => {
      const program = value(await backend.compile(graph));
      const x = backend.upload(filled([256, 256]));
      const running = program.run(new Map([["x", x]]));
      if (disturb) {
        program.dispose();
        x.dispose();
        backend.upload(filled([256, 256], 7)).dispose();
      }
      const { y } = Object.fromEntries(value(await running));
      const numbers = await y?.read();
      [x, y].forEach((tensor) => tensor?.dispose());
      program.dispose();
      return numbers;
    };
    deepStrictEqual(await once(true), await once(false));
    deepStrictEqual([backend.liveTensors(), backend.liveBytes()], before);
  },
);

onOnnx(
  "run() of one program several times at once keeps the runs apart",
  async (backend) => {
    const program = value(await backend.compile(products(64, 5)));
    const seeds = [1, 2, 3, 4];
    const run = async (seed: number) => {
      const x = backend.upload(filled([64, 64], seed));
      const { y } = Object.fromEntries(
        value(await program.run(new Map([["x", x]]))),
      );
      const numbers = await y?.read();
      [x, y].forEach((tensor) => tensor?.dispose());
      return numbers;
    };
    const together = await Promise.all(seeds.map(run));
    const apart = [];
    for (const seed of seeds) apart.push(await run(seed));
    deepStrictEqual(together, apart);
    program.dispose();
  },
);

onOnnx("run() gives the same bits again", async (backend) => {
  const program = value(await backend.compile(products(200, 3)));
  const x = backend.upload(filled([200, 200]));
  const run = async () => {
    const { y } = Object.fromEntries(
      value(await program.run(new Map([["x", x]]))),
    );
    const numbers = await y?.read();
    y?.dispose();
    return numbers;
  };
  deepStrictEqual(await run(), await run());
  x.dispose();
  program.dispose();
});

Deno.test("dispose() gives back what is still lent and ends every program", async () => {
  const backend = value(await onnxBackend({ threads: 1 }));
  const program = value(await backend.compile(products(4, 1)));
  const x = backend.upload(filled([4, 4]));
  equal(backend.liveBytes(), 64);
  backend.dispose();
  deepStrictEqual([backend.liveTensors(), backend.liveBytes()], [0, 0]);
  const result = await program.run(new Map([["x", x]]));
  equal(result._tag === "Left" && result.left._tag, "ExecutionFailed");
});
