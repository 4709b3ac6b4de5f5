import { match, strictEqual } from "node:assert/strict";
import {
  describeProcessor,
  type ProcessorFacts,
  processorHere,
} from "../../bench/processor.ts";

const FACTS: ProcessorFacts = {
  model: " Some Processor ",
  cores: 4,
  cpuinfo: null,
  preloaded: "",
};

Deno.test("describeProcessor() names the instructions for products that Linux lists", () => {
  const cpuinfo =
    "vendor_id : x\nflags\t\t: fpu avx2 avx512f avx512_vnni amx_tile sse\nbugs : \n";
  strictEqual(
    describeProcessor({ ...FACTS, cpuinfo }),
    "Some Processor, 4 cores, AVX2 AVX-512 AVX512-VNNI AMX",
  );
  strictEqual(
    describeProcessor({ ...FACTS, cpuinfo: "Features\t: fp asimd asimddp\n" }),
    "Some Processor, 4 cores, NEON dot products",
  );
});

Deno.test("describeProcessor() takes no part of a word for an instruction", () => {
  strictEqual(
    describeProcessor({
      ...FACTS,
      cores: 1,
      cpuinfo: "flags : avx avx512fp\n",
    }),
    "Some Processor, 1 core, no instructions for products",
  );
});

Deno.test("describeProcessor() says what is not known, and what may hide the processor", () => {
  strictEqual(
    describeProcessor({ ...FACTS, preloaded: "mask.so" }),
    "Some Processor, 4 cores, instructions unknown, as mask.so shows it",
  );
});

Deno.test("processorHere() has a name and cores", () => {
  match(processorHere(), /^.+, \d+ cores?, .+/);
});
