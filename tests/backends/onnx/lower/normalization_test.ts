import { ok } from "node:assert/strict";
import { interpretGraph, traceGraph } from "../../../../core/mod.ts";
import { right } from "../../../right.ts";
import { value } from "../../contract.ts";
import { onOnnx } from "../open_onnx.ts";

const SHAPE = [4, 48];

/** Rows whose mean is a thousand times their deviation. */
const FAR = Float32Array.from(
  { length: 4 * 48 },
  (_, i) => 1000 + (i * 37 % 101) / 50,
);
const DY = Float32Array.from({ length: 4 * 48 }, (_, i) => (i * 29 % 97) / 97);
const GAIN = Float32Array.from({ length: 48 }, (_, i) => 0.5 + i / 48);

onOnnx(
  "layerNorm and its gradients keep their digits far from 0",
  async (backend) => {
    const graph = right(traceGraph((g) => {
      const [x, dy] = [g.input("x", SHAPE), g.input("dy", SHAPE)];
      const gain = g.input("gain", [48]);
      return {
        y: g.apply("layerNorm", { epsilon: 1e-6 }, [x, gain, gain]),
        dx: g.apply("layerNormGrad", { epsilon: 1e-6 }, [dy, x, gain]),
        dGain: g.apply("layerNormScaleGrad", { epsilon: 1e-6 }, [dy, x]),
      };
    }));
    const given = { x: FAR, dy: DY, gain: GAIN };
    const wanted = interpretGraph(
      graph,
      Object.fromEntries(
        Object.entries(given).map(([name, v]) => [name, Float64Array.from(v)]),
      ),
    );
    const program = value(await backend.compile(graph));
    const inputs = new Map(
      Object.entries(given).map(([name, data]) => [
        name,
        backend.upload({ shape: name === "gain" ? [48] : SHAPE, data }),
      ]),
    );
    const outputs = value(await program.run(inputs));
    for (const [name, tensor] of outputs) {
      const found = await tensor.read();
      const scale = Math.max(...wanted[name]!.map(Math.abs));
      wanted[name]!.forEach((v, i) =>
        ok(
          Math.abs(found[i]! - v) <= 3e-6 * scale,
          `${name}: ${found[i]}, ${v}`,
        )
      );
      tensor.dispose();
    }
    inputs.forEach((tensor) => tensor.dispose());
    program.dispose();
  },
);
