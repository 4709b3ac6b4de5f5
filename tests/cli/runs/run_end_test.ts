import { match, ok, strictEqual } from "node:assert/strict";
import { failed, resumeCommand } from "../../../cli/runs/run_end.ts";
import { endOf } from "../command/end_of.ts";

const withReason = (reason: string) =>
  endOf(() =>
    failed(
      { _tag: "FileFailed", path: "runs/1/metrics.jsonl", reason },
      "runs/1/checkpoints/step-000000004",
      "deno run … --resume runs/1",
    )
  );

Deno.test("failed() on a full disk says which checkpoint is whole and to make room", async () => {
  for (
    const reason of [
      "ENOSPC: no space left on device, write",
      "EDQUOT: disk quota exceeded",
      "EFBIG: file too large",
    ]
  ) {
    const { message, code } = await withReason(reason);
    strictEqual(code, 1);
    match(
      message,
      /^Cannot use runs\/1\/metrics\.jsonl: E.*\nlast checkpoint: .*step-000000004\nit is whole; make room, then go on with: deno run .*--resume runs\/1$/,
    );
  }
});

Deno.test("failed() on another fault of a file does not ask for room", async () => {
  const { message } = await withReason("EIO: i/o error, write");
  ok(!message.includes("room"));
  match(message, /\ngo on with: /);
});

Deno.test("resumeCommand() repeats what does not determine the run, and nothing else", () => {
  strictEqual(
    resumeCommand("examples/pretrain.ts", "runs/1", {
      "epochs": 3,
      "resume": "auto",
      "allow-schedule-change": true,
      "workers": 4,
      "on-bad-image": "fail",
      "no-tensorboard": true,
      "backend": "onnx",
      "threads": 2,
      "no-tune": true,
      "save-every-minutes": 0.5,
      "keep": 3,
      "keep-at-freeze": true,
    }),
    "deno run -A examples/pretrain.ts --resume runs/1 --workers 4 --on-bad-image fail --backend onnx --threads 2 --no-tune --save-every-minutes 0.5 --keep 3 --keep-at-freeze --no-tensorboard",
  );
});

Deno.test("resumeCommand() starts as many ranks as there were, also one that asked for a launcher", () => {
  const values = { "distributed": "mpi", "rank-timeout": 3 };
  for (const size of [1, 4]) {
    strictEqual(
      resumeCommand("examples/pretrain.ts", "runs/1", values, { size }),
      `mpirun -n ${size} deno run -A examples/pretrain.ts --resume runs/1 --distributed mpi --rank-timeout 3`,
    );
  }
});
