import { deepStrictEqual } from "node:assert/strict";
import { LAUNCH_VARIABLES, launchOf } from "../../../ranks/mpi/launch.ts";

const launched = (variables: Readonly<Record<string, string>>) =>
  launchOf((name) => variables[name]);

Deno.test("launchOf() knows the launchers of MPICH, Intel MPI, MVAPICH and Open MPI", () => {
  deepStrictEqual(launched({ PMI_RANK: "3", PMI_SIZE: "4" }), {
    family: "mpich",
    size: 4,
  });
  deepStrictEqual(
    launched({ MV2_COMM_WORLD_RANK: "0", MV2_COMM_WORLD_SIZE: "2" }),
    { family: "mpich", size: 2 },
  );
  const openMpi = { OMPI_COMM_WORLD_RANK: "0", OMPI_COMM_WORLD_SIZE: "8" };
  deepStrictEqual(launched({ ...openMpi, PMIX_RANK: "0" }), {
    family: "openmpi",
    size: 8,
  });
});

Deno.test("launchOf() knows srun with PMIx, which fits several libraries", () => {
  const steps = { PMIX_RANK: "1", SLURM_STEP_NUM_TASKS: "16" };
  deepStrictEqual(launched(steps), { family: null, size: 16 });
  deepStrictEqual(launched({ PMIX_RANK: "1" }), { family: null, size: null });
});

Deno.test("launchOf() takes one rank as launched, and a plain process as alone", () => {
  deepStrictEqual(launched({ PMI_RANK: "0", PMI_SIZE: "1" })?.size, 1);
  deepStrictEqual(launched({}), null);
  deepStrictEqual(launched({ SLURM_PROCID: "0", SLURM_NTASKS: "4" }), null);
  deepStrictEqual(launched({ PMI_RANK: "" }), null);
});

Deno.test("launchOf() reads only the variables that it names", () => {
  const read = new Set<string>();
  launchOf((name) => {
    read.add(name);
    return undefined;
  });
  deepStrictEqual(
    [...read].filter((name) => !LAUNCH_VARIABLES.includes(name)),
    [],
  );
});
