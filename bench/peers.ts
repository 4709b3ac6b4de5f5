/**
 * Our training step beside what others would use, measured in turns.
 *
 * ```sh
 * deno run -A bench/peers.ts --model vit-s --threads 1,2 --frozen 0,7,11
 * ```
 *
 * Each side is a process that stays alive: ours, theirs, ours, theirs … take a
 * round of steps each, and minima over all rounds count, so that the noise of the
 * machine hits both alike. Both start from the same weights and images, and a
 * comparison is refused if their first losses differ or if they do not train
 * equally many numbers.
 *
 * PyTorch takes the whole pre-training step, in two forms: `torch-reference`
 * freezes as the published code does, `torch-fixed` as it can be done. jax-js and
 * TensorFlow.js take the step of the encoder alone (`peers/encoder_graphs.ts`).
 * Nothing else may run on the machine meanwhile.
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { describeFaults, type Faults, type Result } from "../core/mod.ts";
import { initially } from "../cli/flags/flags.ts";
import { helpText } from "../cli/flags/help_text.ts";
import { parseFlags } from "../cli/flags/parse_flags.ts";
import {
  comparePair,
  type PairFailure,
  steppedModel,
} from "./peers/compare_pair.ts";
import type { PairRow, PairSpec } from "./peers/pair_row.ts";
import {
  PEER_DEFAULTS,
  PEER_FLAGS,
  type PeerRun,
  peerRun,
} from "./peers/peer_flags.ts";
import { peerTable } from "./peers/peer_table.ts";
import { startFile } from "./peers/start_file.ts";

const USAGE =
  "Our training step beside what others would use: deno run -A bench/peers.ts [FLAGS]";

function orFail<A>(result: Result<Faults, A>): A {
  if (result._tag === "Right") return result.right;
  console.error(describeFaults(result.left));
  Deno.exit(2);
}

/** Says why there is no row; whether that is a failure and not only something that is missing. */
function complain({ peer, threads, frozen }: PairSpec, failure: PairFailure) {
  const where = `${peer}, ${threads} threads, ${frozen} frozen`;
  switch (failure._tag) {
    case "Missing":
      console.error(`Left out ${where}: ${failure.reason}`);
      return failure.side === "ours";
    case "Failed":
      console.error(
        `No row for ${where}: ${failure.side} failed: ${failure.reason}`,
      );
      return true;
    case "Different":
      console.error(`Cannot compare ${where}: ${failure.reason}`);
      return true;
  }
}

/** Measures everything, with files of weights in a folder; the rows, and whether anything failed. */
async function measure(
  { wanted, ...options }: PeerRun,
  folder: string,
  onRow: (row: PairRow) => void,
): Promise<boolean> {
  const missing = new Set<string>();
  let anyFailed = false;
  for (const { pair, note } of wanted) {
    if (missing.has(pair.peer)) continue;
    const start = `${folder}/${pair.step}-${pair.model}.safetensors`;
    await writeOnce(start, pair);
    const row = await comparePair(pair, { ...options, start, note });
    if (row._tag === "Right") onRow(row.right);
    else {
      anyFailed = complain(pair, row.left) || anyFailed;
      if (row.left._tag === "Missing") missing.add(pair.peer);
    }
  }
  return anyFailed;
}

async function writeOnce(
  path: string,
  { step, model, batchSize }: PairSpec,
): Promise<void> {
  const there = await Deno.stat(path).then(() => true, () => false);
  if (there) return;
  await Deno.writeFile(
    path,
    startFile(step, steppedModel(step, model), batchSize),
  );
}

const values = orFail(parseFlags(PEER_FLAGS, Deno.args));
if (values.help) {
  console.log(helpText(USAGE, initially(PEER_FLAGS, PEER_DEFAULTS)));
} else {
  const run = orFail(peerRun(values));
  const rows: PairRow[] = [];
  const folder = await Deno.makeTempDir();
  const anyFailed = await measure(run, folder, (row) => {
    rows.push(row);
    if (values.json) console.log(JSON.stringify(row));
  }).finally(() => Deno.remove(folder, { recursive: true }));
  if (rows.length > 0 && !values.json) console.log(peerTable(rows));
  if (anyFailed) Deno.exit(1);
}
