/** Random graphs mean on the adapter what they mean. */
import fc from "fast-check";
import { assertMeaning, deviceTest } from "./compiled.ts";
import { randomGraph } from "./random_graph.ts";

const RUNS = 60;

deviceTest(
  "random graphs compute what the reference interpreter computes",
  async (backend) => {
    await fc.assert(
      fc.asyncProperty(randomGraph, async ({ graph, replaces }) => {
        await assertMeaning(backend, graph, {
          replaces,
          tolerance: 3e-5,
          rows: 2,
        });
      }),
      { numRuns: RUNS },
    );
  },
);
