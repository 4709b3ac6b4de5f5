/** Trainings by name. */
import {
  convNetPlan,
  decodeConvNetConfig,
  decodeFinetuneConfig,
  decodePretrainConfig,
  decodeProbeConfig,
  type Faults,
  finetunePlan,
  left,
  planOf,
  probePlan,
  type Result,
  right,
} from "../../core/mod.ts";
import type { Task } from "../engine/task.ts";
import { convNetTask } from "./convnet.ts";
import { finetuneTask } from "./finetune.ts";
import { pretrainTask } from "./pretrain.ts";
import { probeTask } from "./probe.ts";

/** A training from its configuration in JSON form and its length in optimizer steps. */
type Reader = (
  config: unknown,
  totalSteps: number,
) => Result<Faults, Task<unknown>>;

/** Lengths on which the samples of an epoch depend. */
interface Lengths {
  readonly epochs: number;
  readonly batchSize: number;
  readonly accumIter?: number;
}

/** Reader of one kind of training. */
interface Kind<Config, Plan> {
  readonly decode: (config: unknown) => Result<Faults, Config>;
  readonly lengths: (config: Config) => Lengths;
  readonly plan: (config: Config, samples: number) => Result<Faults, Plan>;
  readonly task: (
    run: { readonly config: Config; readonly plan: Plan },
  ) => Task<unknown>;
}

function reader<Config, Plan>(
  { decode, lengths, plan, task }: Kind<Config, Plan>,
): Reader {
  return (json, totalSteps) => {
    const config = decode(json);
    if (config._tag === "Left") return config;
    const { epochs, batchSize, accumIter = 1 } = lengths(config.right);
    const samples = totalSteps / epochs * batchSize * accumIter;
    const planned = plan(config.right, samples);
    return planned._tag === "Left"
      ? planned
      : right(task({ config: config.right, plan: planned.right }));
  };
}

const READERS: Readonly<Record<string, Reader>> = {
  pretrain: reader({
    decode: decodePretrainConfig,
    lengths: ({ training }) => training,
    plan: planOf,
    task: pretrainTask,
  }),
  finetune: reader({
    decode: decodeFinetuneConfig,
    lengths: ({ training }) => training,
    plan: finetunePlan,
    task: finetuneTask,
  }),
  convnet: reader({
    decode: decodeConvNetConfig,
    lengths: ({ training }) => training,
    plan: convNetPlan,
    task: convNetTask,
  }),
  probe: reader({
    decode: decodeProbeConfig(Infinity),
    lengths: (config) => config,
    plan: probePlan,
    task: probeTask,
  }),
};

/**
 * The training that files say they are of; its plan follows from configuration and
 * length.
 *
 * @returns The training, or what is wrong with the configuration.
 */
export function identityOf(
  task: string,
  config: unknown,
  totalSteps: number,
): Result<Faults, Task<unknown>> {
  const read = Object.hasOwn(READERS, task) ? READERS[task] : undefined;
  return read === undefined
    ? left([{
      _tag: "Inconsistent",
      path: "task",
      found: task,
      wanted: `one of ${Object.keys(READERS).join(", ")}`,
    }])
    : read(config, totalSteps);
}
