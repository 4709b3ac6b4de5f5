import { match, ok } from "node:assert/strict";
import { describeBackendError } from "../../../backends/mod.ts";
import { weightGradShader } from "../../../backends/tfjs/webgpu/convolution_shaders.ts";
import { MOST_TURNS } from "../../../backends/tfjs/webgpu/shader.ts";
import { traceGraph } from "../../../core/mod.ts";
import { right } from "../../right.ts";
import { onDevices } from "../../train/devices.ts";

await onDevices(
  ["webgpu-ops"],
  "compile() on software refuses loops that it would cut off",
  async (backend) => {
    if (backend.device.isGpu) return;
    const [C, side] = [66_000, 1];
    const graph = right(traceGraph((g) => ({
      y: g.apply("conv2d", { stride: 1, padding: 0 }, [
        g.input("x", [1, C, side, side]),
        g.input("w", [1, C, 1, 1]),
      ]),
    })));
    const result = await backend.compile(graph);
    match(
      result._tag === "Left" ? describeBackendError(result.left) : "",
      /conv2d would take \d+ turns of a loop, and software adapters end loops after 65535/,
    );
  },
);

Deno.test("weightGradShader() shares rows among invocations that take few turns each", () => {
  for (const [batch, side] of [[1, 8], [128, 32], [2, 600], [1, 40_000]]) {
    const size = [side!, side!] as const;
    const { parts, shader: { turns = 0 } } = weightGradShader({
      batch: batch!,
      inputs: 3,
      outputs: 2,
      image: size,
      kernel: [3, 3],
      result: size,
      stride: 1,
      padding: 1,
    });
    ok(turns <= MOST_TURNS, `${turns}`);
    ok(turns * parts >= batch! * side! * side!);
    ok(batch! * side! > 100 || parts === 1);
  }
});
