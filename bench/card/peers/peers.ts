/** Steps of the same model in PyTorch on the same card. */
import { modelSizes } from "../steps/benched_run.ts";
import { type Facts, type Part, reasonOf } from "../part.ts";
import { TORCH_PROGRAM, TORCH_SOURCES } from "./torch_sources.ts";

/** Precisions of PyTorch: its default for products in float32, tensor cores in TF32, and mixed. */
const PRECISIONS = ["float32", "tf32", "bf16", "fp16"] as const;

/** Steps that are measured. */
interface PeerCase extends Facts {
  readonly model: "vit-b" | "vit-s" | "nano" | "tiny";
  readonly batchSize: number;
  readonly frozen: number;
  readonly precision: typeof PRECISIONS[number];
}

const cased = (
  model: PeerCase["model"],
  batchSize: number,
  frozen: readonly number[],
  precisions: readonly PeerCase["precision"][] = PRECISIONS,
): readonly PeerCase[] =>
  frozen.flatMap((count) =>
    precisions.map((precision) => ({
      ...{ model, batchSize, precision },
      frozen: count,
    }))
  );

/** The cases, the most important first. */
const CASES: readonly PeerCase[] = [
  ...cased("vit-b", 64, [0]),
  ...cased("nano", 64, [0], ["float32", "bf16"]),
  ...cased("vit-b", 64, [7, 11], ["float32", "tf32", "bf16"]),
  ...cased("vit-b", 256, [0], ["float32", "tf32", "bf16"]),
  ...cased("vit-s", 64, [0], ["float32", "tf32", "bf16"]),
  ...cased("nano", 64, [3, 6], ["float32"]),
  ...cased("vit-s", 64, [7, 11], ["float32"]),
];

/** Writes the sources into a folder. */
async function writeSources(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/localmim_torch`);
  for (const [path, text] of Object.entries(TORCH_SOURCES)) {
    await Deno.writeTextFile(`${folder}/${path}`, text);
  }
}

/** What PyTorch has said so far. */
interface Said {
  readonly about: Facts;
  readonly cases: readonly Facts[];
}

/** What is known after another line. */
function withLine({ about, cases }: Said, line: string): Said {
  const { case: next, ...more } = JSON.parse(line);
  return next === undefined
    ? { about: { ...about, ...more }, cases }
    : { about, cases: [...cases, next] };
}

/** Runs PyTorch; each line that it writes is made known. */
async function runTorch(
  python: string,
  program: string,
  spec: Facts,
  seconds: number,
  note: (said: Said) => void,
): Promise<Said> {
  const child = new Deno.Command(python, {
    args: [program, JSON.stringify(spec)],
    stdout: "piped",
    stderr: "piped",
    // It ends by itself; if it hangs, it must not outlive this process.
    signal: AbortSignal.timeout(1000 * (seconds + 10)),
  }).spawn();
  const complaint = new Response(child.stderr).text();
  let said: Said = { about: { python }, cases: [] };
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    said = lines.filter((line) => line !== "").reduce(withLine, said);
    note(said);
  }
  const { success } = await child.status;
  if (success) return said;
  const error = (await complaint).trim().split("\n").slice(-3).join("\n");
  return { ...said, about: { ...said.about, error } };
}

/** Pythons that may have PyTorch, in the order in which they are asked. */
const PYTHONS = ["python3", "/usr/bin/python3", "python"] as const;

/** PyTorch in float32, TF32 and mixed precision. */
export const PEERS: Part = {
  name: "peers",
  about: "PyTorch on the same card in float32, TF32 and mixed precision",
  share: 16,
  measure: async ({ isTiny, secondsLeft, note }) => {
    const folder = await Deno.makeTempDir();
    const timing = isTiny ? { steps: 1, warmUp: 1 } : { steps: 10, warmUp: 4 };
    const cases = isTiny ? cased("tiny", 2, [0, 1], ["float32"]) : CASES;
    const models = Object.fromEntries(
      cases.map(({ model }) => [model, modelSizes(model)]),
    );
    const missing: string[] = [];
    try {
      await writeSources(folder);
      for (const python of PYTHONS) {
        try {
          const said = await runTorch(
            python,
            `${folder}/${TORCH_PROGRAM}`,
            {
              // A test has no card, and asks whether the program runs at all.
              ...{ models, device: isTiny ? "cpu" : "cuda" },
              cases: cases.map((one) => ({ ...one, ...timing })),
              seconds: secondsLeft() - 2,
            },
            secondsLeft(),
            ({ about, cases }) => note({ ...about, cases }),
          );
          note({ ...said.about, cases: said.cases });
          if (said.cases.length > 0) return;
          missing.push(
            `${python}: ${said.about["missing"] ?? said.about["error"]}`,
          );
        } catch (thrown) {
          missing.push(`${python}: ${reasonOf(thrown)}`);
        }
      }
      note({ cases: [], missing });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};
