/** Pipelines of a device, each compiled once. */
import type { Access } from "../wgsl/command_list.ts";

/** A compiled kernel. */
export interface Pipeline {
  /** The pipeline. */
  readonly pipeline: GPUComputePipeline;
  /** Layout of its bindings. */
  readonly layout: GPUBindGroupLayout;
  /** Why it cannot be used, with the name of the kernel, or `null`. */
  readonly failure: Promise<string | null>;
}

/** Compiles kernels. */
export interface Pipelines {
  /**
   * The pipeline of a code.
   *
   * @param name Name of the kernel, for errors.
   * @param written Bindings that are bound for reading and writing though the code only reads them.
   */
  of(name: string, code: string, written?: readonly number[]): Pipeline;
}

const DECLARATION =
  /(@group\(0\)\s*@binding\((\d+)\)\s*var<storage,\s*)(read_write|read)(\s*>)/g;

/** Uses of a code's bindings, in their order. */
export function accessesOf(code: string): readonly Access[] {
  const accesses: Access[] = [];
  for (const [, , binding, access] of code.matchAll(DECLARATION)) {
    accesses[Number(binding)] = access as Access;
  }
  return accesses;
}

/** The code with some bindings for reading and writing. */
const withWritten = (code: string, written: readonly number[]): string =>
  code.replace(
    DECLARATION,
    (text, before: string, binding: string, _: string, after: string) =>
      written.includes(Number(binding)) ? `${before}read_write${after}` : text,
  );

async function messagesOf(
  name: string,
  module: GPUShaderModule,
  error: Promise<GPUError | null>,
): Promise<string | null> {
  const heard = await error;
  if (heard === null) return null;
  const { messages } = await module.getCompilationInfo();
  const first = messages.find(({ type }) => type === "error");
  const reason = first === undefined
    ? heard.message
    : `line ${first.lineNum}: ${first.message}`;
  return `the kernel ${name} does not compile: ${reason}`;
}

/** The pipelines of a device. */
export function pipelinesOf(device: GPUDevice): Pipelines {
  const layouts = new Map<string, GPUBindGroupLayout>();
  const compiled = new Map<string, Pipeline>();
  const layoutOf = (accesses: readonly Access[]): GPUBindGroupLayout => {
    const key = accesses.join();
    const known = layouts.get(key);
    if (known !== undefined) return known;
    const made = device.createBindGroupLayout({
      entries: accesses.map((access, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: {
          type: access === "read" ? "read-only-storage" : "storage",
        },
      })),
    });
    layouts.set(key, made);
    return made;
  };
  const compile = (name: string, code: string): Pipeline => {
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code, label: name });
    const layout = layoutOf(accessesOf(code));
    const pipeline = device.createComputePipeline({
      label: name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    });
    const failure = messagesOf(name, module, device.popErrorScope());
    return { pipeline, layout, failure };
  };
  return {
    of: (name, code, written = []) => {
      const whole = written.length === 0 ? code : withWritten(code, written);
      const known = compiled.get(whole);
      if (known !== undefined) return known;
      const made = compile(name, whole);
      compiled.set(whole, made);
      return made;
    },
  };
}
