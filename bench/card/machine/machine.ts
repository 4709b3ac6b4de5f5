/** The machine: its adapter, driver, processor and programs. */
import { processorHere } from "../../processor.ts";
import { openClock } from "./gpu_clock.ts";
import { openCard } from "./open_card.ts";
import { type Facts, type Part, reasonOf } from "../part.ts";

/** What a command writes, or why it could not be run. */
async function saidBy(
  command: string,
  ...args: readonly string[]
): Promise<string> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, {
      args: [...args],
    }).output();
    return new TextDecoder().decode(success ? stdout : stderr).trim();
  } catch (thrown) {
    return `not known: ${reasonOf(thrown)}`;
  }
}

/** All properties of an object of the runtime, which lie on its prototype. */
const propertiesOf = (thing: object): Facts =>
  Object.fromEntries(
    Object.keys(
      Object.getOwnPropertyDescriptors(Object.getPrototypeOf(thing)),
    ).map((name) => [name, Reflect.get(thing, name)])
      .filter(([, value]) =>
        ["number", "string", "boolean"].includes(typeof value)
      ),
  );

/** The card as its own program tells of it. */
const nvidia = (): Promise<string> =>
  saidBy(
    "nvidia-smi",
    "--query-gpu=name,driver_version,memory.total,clocks.max.sm,clocks.max.mem,power.limit,mig.mode.current",
    "--format=csv,noheader",
  );

/** Adapter, limits, features, driver, processor and programs. */
export const MACHINE: Part = {
  name: "machine",
  about: "adapter, limits, driver, processor, programs",
  share: 2,
  measure: async ({ note }) => {
    const facts = {
      deno: Deno.version,
      system: `${Deno.build.target}, ${Deno.osRelease()}`,
      processor: processorHere(),
      processors: navigator.hardwareConcurrency,
      memoryBytes: Deno.systemMemoryInfo().total,
      nvidia: await nvidia(),
    };
    note(facts);
    const { device, adapter, info, limits } = await openCard();
    const opened = {
      ...facts,
      description: info.description,
      isGpu: info.isGpu,
      isFallbackAdapter: adapter.isFallbackAdapter,
      adapter: propertiesOf(adapter),
      limits: propertiesOf(device.limits),
      kernelLimits: limits,
      features: [...device.features],
    };
    note(opened);
    const { kind, factor } = await openClock(device);
    note({ ...opened, clock: { kind, factor } });
  },
};
