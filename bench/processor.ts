/**
 * The processor of a measurement, by name and by what decides how fast it multiplies.
 */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import process from "node:process";

/** Instructions for products: how people call them, and Linux. */
const FEATURES: readonly (readonly [name: string, flag: string])[] = [
  ["AVX2", "avx2"],
  ["AVX-512", "avx512f"],
  ["AVX-VNNI", "avx_vnni"],
  ["AVX512-VNNI", "avx512_vnni"],
  ["AMX", "amx_tile"],
  ["NEON", "asimd"],
  ["dot products", "asimddp"],
  ["I8MM", "i8mm"],
  ["SVE", "sve"],
];

/** What is known of a processor. */
export interface ProcessorFacts {
  /** Its name. */
  readonly model: string;
  /** How many cores there are. */
  readonly cores: number;
  /** Contents of `/proc/cpuinfo`, or `null` where there is no such file. */
  readonly cpuinfo: string | null;
  /** Libraries loaded before all others, which may show programs another processor. */
  readonly preloaded: string;
}

/**
 * A processor as rows of measurements name it.
 *
 * @returns For example `Intel(R) Xeon(R) Processor, 2 cores, AVX2 AVX-512`. Where it is
 * not known which instructions it has, that is said.
 */
export function describeProcessor(
  { model, cores, cpuinfo, preloaded }: ProcessorFacts,
): string {
  const [, flags] = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo ?? "") ?? [];
  const words = new Set(flags?.trim().split(/\s+/));
  const known = FEATURES.filter(([, flag]) => words.has(flag));
  return [
    model.trim(),
    `${cores} ${cores === 1 ? "core" : "cores"}`,
    flags === undefined
      ? "instructions unknown"
      : known.map(([name]) => name).join(" ") || "no instructions for products",
    ...preloaded === "" ? [] : [`as ${preloaded} shows it`],
  ].join(", ");
}

function cpuinfo(): string | null {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return null;
  }
}

/** This machine's processor. */
export function processorHere(): string {
  const cores = cpus();
  const preloaded = (process.env["LD_PRELOAD"] ?? "").split(/[\s:]+/)
    .map((path) => path.split("/").at(-1)).join(" ");
  return describeProcessor({
    model: cores[0]?.model ?? "a processor without a name",
    cores: cores.length,
    cpuinfo: cpuinfo(),
    preloaded,
  });
}
