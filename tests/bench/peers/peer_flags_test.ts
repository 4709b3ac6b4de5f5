import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { PEER_FLAGS, peerRun } from "../../../bench/peers/peer_flags.ts";
import { E } from "../../../core/fp.ts";
import { parseFlags } from "../../../cli/flags/parse_flags.ts";
import { faultsOf, right } from "../../right.ts";

const runOf = (...args: readonly string[]) =>
  E.flatMap(peerRun)(parseFlags(PEER_FLAGS, args));

Deno.test("peerRun() compares with every peer unless told otherwise", () => {
  const { wanted, backend } = right(runOf());
  strictEqual(backend, "onnx");
  deepStrictEqual([...new Set(wanted.map(({ pair }) => pair.peer))], [
    "torch-reference",
    "torch-fixed",
    "jax-js",
    "tfjs",
  ]);
  deepStrictEqual([...new Set(wanted.map(({ pair }) => pair.frozen))], [
    0,
    7,
    11,
  ]);
});

Deno.test("peerRun() goes peer by peer, then by threads, then by frozen layers", () => {
  const { wanted } = right(
    runOf("--peer", "tfjs,torch-fixed", "--threads", "1,2", "--frozen", "0,11"),
  );
  deepStrictEqual(
    wanted.map(({ pair: { peer, threads, frozen } }) =>
      `${peer} ${threads} ${frozen}`
    ),
    ["tfjs", "torch-fixed"].flatMap((peer) =>
      [1, 2].flatMap((t) => [0, 11].map((n) => `${peer} ${t} ${n}`))
    ),
  );
});

Deno.test("peerRun() asks PyTorch for the whole step and the others for the encoder", () => {
  const { wanted } = right(runOf("--frozen", "0"));
  deepStrictEqual(wanted.map(({ pair: { peer, step } }) => [peer, step]), [
    ["torch-reference", "pre-training"],
    ["torch-fixed", "pre-training"],
    ["jax-js", "encoder"],
    ["tfjs", "encoder"],
  ]);
});

Deno.test("peerRun() takes a smaller model where a peer is too slow, and says so", () => {
  const { wanted } = right(
    runOf("--model", "vit-b", "--peer", "torch-fixed,tfjs", "--frozen", "0"),
  );
  deepStrictEqual(wanted.map(({ pair }) => pair.model), ["vit-b", "vit-s"]);
  strictEqual(wanted[0]?.note, null);
  match(wanted[1]?.note ?? "", /^asked for vit-b: .*measured on vit-s$/);
});

Deno.test("peerRun() names too many frozen layers once, whatever peers and threads", () => {
  deepStrictEqual(
    faultsOf(runOf("--frozen", "0,12,13,14", "--threads", "1,2")).map((fault) =>
      fault.replace(/,.*/, "")
    ),
    ["--frozen: found 13", "--frozen: found 14"],
  );
});

Deno.test("PEER_FLAGS name all bad values at once and the nearest right ones", () => {
  const faults = faultsOf(
    runOf("--peer", "tfjs,torch-fixd", "--threads", "1,0", "--frozen", "-1,x"),
  ).join("\n");
  match(faults, /^--peer: .*no "torch-fixd"; the nearest is torch-fixed$/m);
  match(faults, /^--threads: found "1,0", wanted whole numbers of at least 1/m);
  match(faults, /^--frozen: found "-1,x", wanted whole numbers of at least 0/m);
});
