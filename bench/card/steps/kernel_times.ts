/** Time of each kernel of a step, where the device has timestamps. */
import { type Facts, short } from "../part.ts";

/** Kernels of equal names. */
interface NamedTime {
  readonly kernel: string;
  /** Dispatches in a step. */
  readonly count: number;
  /** Milliseconds of a step. */
  readonly ms: number;
}

/** Timestamps of one query set, which WebGPU limits. */
const MOST_STAMPS = 4096;

/** Memory for the timestamps of one submission. */
interface Stamps {
  readonly querySet: GPUQuerySet;
  readonly read: GPUBuffer;
  readonly names: string[];
}

function stampsOn(device: GPUDevice): Stamps {
  const { MAP_READ, COPY_DST } = GPUBufferUsage;
  return {
    querySet: device.createQuerySet({ type: "timestamp", count: MOST_STAMPS }),
    read: device.createBuffer({
      size: 8 * MOST_STAMPS,
      usage: MAP_READ | COPY_DST,
    }),
    names: [],
  };
}

/** A pass that gives every dispatch a pass of its own, with timestamps. */
function splitPass(
  begin: (descriptor: GPUComputePassDescriptor) => GPUComputePassEncoder,
  { querySet, names }: Stamps,
): GPUComputePassEncoder {
  let [pipeline, group]: [GPUComputePipeline?, GPUBindGroup?] = [];
  const descriptorOf = (at: number): GPUComputePassDescriptor =>
    at + 2 > MOST_STAMPS ? {} : {
      timestampWrites: {
        querySet,
        beginningOfPassWriteIndex: at,
        endOfPassWriteIndex: at + 1,
      },
    };
  const pass: Partial<GPUComputePassEncoder> = {
    setPipeline: (next) => void (pipeline = next),
    setBindGroup: (_: number, next: unknown) =>
      void (group = next as GPUBindGroup),
    dispatchWorkgroups: (x, y, z) => {
      const pass = begin(descriptorOf(2 * names.length));
      pass.setPipeline(pipeline!);
      pass.setBindGroup(0, group!);
      pass.dispatchWorkgroups(x, y, z);
      pass.end();
      names.push(pipeline!.label);
    },
    end: () => {},
  };
  return pass as GPUComputePassEncoder;
}

/** An encoder that takes timestamps around every dispatch. */
function stampedEncoder(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  stamps: Stamps,
): GPUCommandEncoder {
  const begin = encoder.beginComputePass.bind(encoder);
  const finish = encoder.finish.bind(encoder);
  return Object.assign(encoder, {
    beginComputePass: () => splitPass(begin, stamps),
    finish: () => {
      const count = Math.min(MOST_STAMPS, 2 * stamps.names.length);
      if (count > 0) {
        const { QUERY_RESOLVE, COPY_SRC } = GPUBufferUsage;
        const usage = QUERY_RESOLVE | COPY_SRC;
        const resolved = device.createBuffer({ size: 8 * count, usage });
        encoder.resolveQuerySet(stamps.querySet, 0, count, resolved, 0);
        encoder.copyBufferToBuffer(resolved, 0, stamps.read, 0, 8 * count);
      }
      return finish();
    },
  });
}

/** Milliseconds of each dispatch of a submission, and of all from the first to the last. */
async function readStamps({ read, names, querySet }: Stamps) {
  await read.mapAsync(GPUMapMode.READ);
  const stamps = new BigUint64Array(read.getMappedRange().slice(0));
  read.destroy();
  querySet.destroy();
  const count = Math.min(names.length, MOST_STAMPS / 2);
  const between = (from: number, to: number): number =>
    Number(stamps[to]! - stamps[from]!) / 1e6;
  return {
    kernels: names.slice(0, count).map((kernel, i) => ({
      kernel,
      ms: between(2 * i, 2 * i + 1),
    })),
    span: count === 0 ? 0 : between(0, 2 * count - 1),
  };
}

/** Times by name, the longest first. */
export function timesByName(
  kernels: readonly { readonly kernel: string; readonly ms: number }[],
  steps: number,
  factor: number,
): readonly NamedTime[] {
  return [...Map.groupBy(kernels, ({ kernel }) => kernel)]
    .map(([kernel, group]) => ({
      kernel,
      count: group.length / steps,
      ms: short(
        factor * group.reduce((sum, { ms }) => sum + ms, 0) / steps,
      ),
    }))
    .toSorted((a, b) => b.ms - a.ms);
}

/** The first word of a kernel's name; some begin with a count. */
const kindOf = (kernel: string): string =>
  /[a-z]\w*/i.exec(kernel)?.[0] ?? kernel;

/**
 * Takes some steps with timestamps around every dispatch: what they take together is
 * more than a step does without.
 *
 * @param device The device that the steps are computed on; its encoders are others meanwhile.
 * @param steps Steps that are taken.
 * @param factor What timestamps are multiplied with (`GpuClock.factor`).
 * @param next Takes a step.
 */
export async function kernelTimes(
  device: GPUDevice,
  steps: number,
  factor: number,
  next: () => Promise<unknown>,
): Promise<Facts> {
  if (!device.features.has("timestamp-query")) return {};
  const original = device.createCommandEncoder.bind(device);
  const taken: Stamps[] = [];
  Object.assign(device, {
    createCommandEncoder: () => {
      const stamps = stampsOn(device);
      taken.push(stamps);
      return stampedEncoder(device, original(), stamps);
    },
  });
  try {
    for (let i = 0; i < steps; i++) await next();
  } finally {
    Reflect.deleteProperty(device, "createCommandEncoder");
  }
  const all = await Promise.all(taken.map(readStamps));
  // Each step is one submission; those that only upload are short.
  const most = Math.max(...all.map(({ kernels }) => kernels.length));
  const whole = all.filter(({ kernels }) => kernels.length === most);
  const kernels = timesByName(
    whole.flatMap(({ kernels }) => kernels),
    whole.length,
    factor,
  );
  const kinds = Map.groupBy(kernels, ({ kernel }) => kindOf(kernel));
  const sum = (group: readonly NamedTime[]): number =>
    short(group.reduce((sum, { ms }) => sum + ms, 0));
  return {
    kernelSteps: whole.length,
    kernelMs: sum(kernels),
    spanMs: short(
      factor * whole.reduce((sum, { span }) => sum + span, 0) / whole.length,
    ),
    kinds: [...kinds].map(([kind, group]) => ({ kind, ms: sum(group) }))
      .toSorted((a, b) => b.ms - a.ms),
    kernels: kernels.slice(0, 150),
  };
}
