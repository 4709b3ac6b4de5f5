import { strictEqual } from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { selectBackend } from "../../backends/mod.ts";
import { loadTurboLibrary } from "../../data/decode/turbo_library.ts";
import { encode, waves } from "../data/photographs.ts";
import { addressOf, ROOT } from "../programs.ts";
import { runElsewhere } from "./elsewhere.ts";

const selected = await selectBackend("onnx", { threads: 1 });
if (selected._tag === "Right") selected.right.backend.dispose();
const without = selected._tag === "Left";

/** Two steps on the embedded pictures, which a worker prepares. */
const training = (specifier: string): string => `
import * as vit from "${specifier}";

const source = vit.orThrow(await vit.embeddedFashionMnist());
const config: vit.PretrainConfig = {
  ...vit.DEFAULT_PRETRAIN_CONFIG,
  model: vit.MODEL_PRESETS.nano,
  training: { epochs: 1, warmupEpochs: 0, batchSize: 4, accumIter: 1, seed: 0 },
};
const plan = vit.orThrow(vit.planOf(config, source.length));
const selected = await vit.selectBackend("onnx", { threads: 1 });
const { backend, why } = vit.orThrow(selected);
using workers = vit.imageWorkers(1);
const batches = vit.orThrow(vit.batchSource(source, config, { workers }));
const start = vit.initialSnapshot(config, plan);
const run = vit.pretraining({ config, plan, backend, batches, start });
let last = -1;
for await (const taken of run) {
  const { step, loss } = vit.orThrow(taken);
  if (!Number.isFinite(loss)) throw new Error("no loss");
  last = step;
  if (step === 1) break;
}
backend.dispose();
console.log(last, why);
`;

const WANTED = selected._tag === "Right" ? `1 ${selected.right.why}` : "";

/** Ways to import the package from a folder that does not know its import map. */
const WAYS: ReadonlyMap<string, readonly [specifier: string, config: object]> =
  new Map([
    ["by the path of mod.ts", [addressOf("mod.ts"), {}]],
    ["as a link of deno.json", [config.name, {
      links: [ROOT.pathname],
      imports: { [config.name]: `jsr:${config.name}@${config.version}` },
    }]],
  ]);

for (const [way, [specifier, config]] of WAYS) {
  Deno.test({
    name: `another folder imports the package ${way} and trains on onnx${
      without ? " (skipped: no ONNX Runtime)" : ""
    }`,
    ignore: without,
    fn: async () => {
      const { code, text } = await runElsewhere(training(specifier), config);
      strictEqual(text, WANTED);
      strictEqual(code, 0);
    },
  });
}

/** Prints the size of what libjpeg-turbo decodes. */
const decoding = (bytes: Uint8Array): string => `
import { decodeJpeg } from "${addressOf("data/decode/decode_jpeg.ts")}";

const bytes = Uint8Array.from(atob("${bytes.toBase64()}"), (c) => c.charCodeAt(0));
const size = { width: 64, height: 48 };
const image = await decodeJpeg(bytes, size, { left: 0, top: 0, ...size }, "here");
console.log(image?.image.width, image?.image.height);
`;

const noTurbo = await loadTurboLibrary() === null;

Deno.test({
  name: `another folder decodes a JPEG by libjpeg-turbo${
    noTurbo ? " (skipped: no library for this platform)" : ""
  }`,
  ignore: noTurbo,
  fn: async () => {
    const bytes = await encode(waves(64, 48), "jpeg");
    strictEqual((await runElsewhere(decoding(bytes))).text, "64 48");
  },
});
