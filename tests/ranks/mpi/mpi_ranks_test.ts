import { deepStrictEqual, match } from "node:assert/strict";
import fc from "fast-check";
import { left } from "../../../core/mod.ts";
import { joinRanks } from "../../../ranks/mpi/mpi_ranks.ts";
import {
  type Launcher,
  mpich,
  openMpi,
  runRanks,
  testRanks,
} from "./mpirun.ts";

/** Lengths of what is summed: small ones, and some that fast-check chooses. */
const lengths = (): string =>
  [0, 1, 3, 16, ...fc.sample(fc.nat(3000), 4)].join(",");

async function keepLaws(launcher: Launcher, ranks: number): Promise<void> {
  const args = ["laws", "60", lengths()];
  const { code, stdout, stderr } = await runRanks(launcher, ranks, args);
  const lines = stdout.trim().split("\n").sort();
  const wanted = Array.from(
    { length: ranks },
    (_, rank) => `rank ${rank} of ${ranks} kept the laws`,
  );
  deepStrictEqual([code, lines, stderr], [0, wanted, ""]);
}

/** Lines of a job that rank 0 ends with exit code 5. */
async function aborted(
  launcher: Launcher,
  ranks: number,
  ...args: readonly string[]
): Promise<readonly string[]> {
  const ended = await runRanks(launcher, ranks, args, { mayDie: true });
  deepStrictEqual(ended.code, 5, ended.stderr);
  // Some launchers say in the same stream that they end all.
  const lines = ended.stdout.split("\n");
  return lines.filter((line) => line.startsWith("rank ")).sort();
}

for (const ranks of [1, 2, 3, 4]) {
  testRanks(
    mpich,
    `joinRanks() with MPICH: ${ranks} ranks exchange, sum and broadcast`,
    (launcher) => keepLaws(launcher, ranks),
  );
}

for (const ranks of [2]) {
  testRanks(
    openMpi,
    `joinRanks() with Open MPI: ${ranks} ranks exchange, sum and broadcast`,
    (launcher) => keepLaws(launcher, ranks),
  );
}

testRanks(
  mpich,
  "exchange() names a missing rank on all others; abort() ends all",
  async (launcher) => {
    const words =
      "Cannot go on: rank 2 on HOST did not come to step 3 within 2 s";
    deepStrictEqual(await aborted(launcher, 3, "missing", "60"), [
      `rank 0: ${words}`,
      `rank 1: ${words}`,
    ]);
  },
);

testRanks(
  mpich,
  "sum() names a rank that takes no part; so do the calls behind it",
  async (launcher) => {
    const words =
      "rank 0: Cannot go on: rank 1 on HOST did not come to a sum of 100000 numbers within 4 s";
    deepStrictEqual(await aborted(launcher, 2, "unsummed", "4"), [
      words,
      words,
    ]);
  },
);

testRanks(
  mpich,
  "exchange() refuses ranks that come to different things",
  async (launcher) => {
    const words =
      "Cannot reach the other ranks: rank 1 on HOST came to step 1, rank 0 on HOST to step 0";
    deepStrictEqual(await aborted(launcher, 2, "differing", "60"), [
      `rank 0: ${words}`,
      `rank 1: ${words}`,
    ]);
  },
);

testRanks(
  openMpi === null ? null : mpich,
  "joinRanks() refuses the library of another launcher",
  async (launcher) => {
    const args = ["library", "60", "libmpi.so.40"];
    const ended = await runRanks(launcher, 2, args, { mayDie: true });
    match(
      ended.stdout,
      /the launcher started 2 ranks, but Open MPI v\S+ sees 1: start them with the mpirun of that library/,
    );
    deepStrictEqual(ended.code, 3);
  },
);

Deno.test("joinRanks() refuses a process that no launcher started", async () => {
  const reason = "no launcher of MPI started this process";
  deepStrictEqual(
    await joinRanks({ limitSeconds: 1 }),
    left({ _tag: "TransportFailed", reason }),
  );
});
