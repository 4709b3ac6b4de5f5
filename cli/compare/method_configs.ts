/** Configurations of the compared methods, and of the controls that cost the same. */
import {
  encodePretrainConfig,
  type Faults,
  left,
  planOf,
  type PretrainConfig,
  type Result,
  right,
  withT0,
} from "../../core/mod.ts";
import { runFlops } from "../../core/plan/cost/cost.ts";
import { configFromFlags, METHOD_FLAGS } from "../flags/method_flags.ts";
import { parseFlags } from "../flags/parse_flags.ts";
import { type Method, titleOf, wordsOf } from "./methods.ts";

/** A method with all that determines its pre-training but the seed. */
export interface PlannedMethod {
  readonly name: string;
  readonly title: string;
  readonly config: PretrainConfig;
  /** Operations of its run, by the cost model. */
  readonly flops: number;
  /**
   * The method that freezes nothing, learns by the same objective and costs the same, to
   * half an epoch; `null` of those that freeze nothing themselves.
   */
  readonly control: string | null;
}

type Planned<A> = Result<Faults, A>;

const flopsOf = (config: PretrainConfig, samples: number): Planned<number> => {
  const plan = planOf(config, samples);
  return plan._tag === "Left" ? plan : right(runFlops(plan.right));
};

const withEpochs = (
  config: PretrainConfig,
  epochs: number,
): PretrainConfig => ({ ...config, training: { ...config.training, epochs } });

/** The same with nothing frozen and one rate for all layers, whose stages weigh what they weigh. */
export function plainConfig(
  { curriculum: _, growBatch: ___, ...config }: PretrainConfig,
): PretrainConfig {
  const mode = { _tag: "LayerWise", power: 1 } as const;
  const { latent: __, ...model } = config.model;
  return {
    ...config,
    model,
    freeze: { ...withT0(config.freeze, 1), scale: "cubic" },
    rate: { ...config.rate, stagePower: 0, mode },
  };
}

/** True if nothing freezes and all layers have the same rate. */
const isPlain = (
  { freeze, rate, curriculum }: PretrainConfig,
): boolean =>
  freeze.t0 === 1 && rate.stagePower === 0 && curriculum === undefined;

/** True if two plain configurations train alike. */
const isSame = (a: PretrainConfig, b: PretrainConfig): boolean => {
  const [one, other] = [a, b].map((config) =>
    JSON.stringify(encodePretrainConfig(plainConfig(config)))
  );
  return one === other;
};

/**
 * A configuration with the whole number of epochs that comes nearest to a cost, at least
 * one. Operations grow with the epochs all but evenly, so that two guesses hit it.
 */
function costing(
  config: PretrainConfig,
  samples: number,
  flops: number,
): Planned<PretrainConfig> {
  let best = config;
  for (const _ of [0, 1]) {
    const now = flopsOf(best, samples);
    if (now._tag === "Left") return now;
    const epochs = best.training.epochs * flops / now.right;
    best = withEpochs(config, Math.max(1, Math.round(epochs)));
  }
  return right(best);
}

/** Faults of one method, with its name before the fields. */
const named = (name: string, faults: Faults): Faults =>
  faults.map((fault) => ({
    ...fault,
    path: `method ${name}: ${fault.path}`,
  })) as unknown as Faults;

/** The configuration of a method before its cost is looked at. */
function flaggedConfig(
  common: PretrainConfig,
  method: Method,
): Planned<PretrainConfig> {
  const { seed: _, ...table } = METHOD_FLAGS;
  const values = parseFlags(table, wordsOf(method));
  const config = values._tag === "Left"
    ? values
    : configFromFlags(common, values.right);
  return config._tag === "Left"
    ? left(named(method.name, config.left))
    : config;
}

/** Operations that a method may take; `null` where it says nothing of them. */
function allowedFlops(
  { name, cost }: Method,
  done: readonly PlannedMethod[],
): Planned<number | null> {
  if (cost === undefined) return right(null);
  if (typeof cost === "number") {
    const [first] = done;
    return right(first === undefined ? null : cost * first.flops);
  }
  const other = done.find((method) => method.name === cost);
  return other === undefined
    ? left([{
      _tag: "Inconsistent",
      path: `method ${name}: cost`,
      found: cost,
      wanted: `one of the methods before it: ${
        done.map((method) => method.name).join(", ") || "there is none"
      }`,
    }])
    : right(other.flops);
}

function plannedMethod(
  common: PretrainConfig,
  samples: number,
  method: Method,
  done: readonly PlannedMethod[],
): Planned<PlannedMethod> {
  const flagged = flaggedConfig(common, method);
  if (flagged._tag === "Left") return flagged;
  const allowed = allowedFlops(method, done);
  if (allowed._tag === "Left") return allowed;
  const config = allowed.right === null
    ? flagged
    : costing(flagged.right, samples, allowed.right);
  if (config._tag === "Left") return left(named(method.name, config.left));
  const flops = flopsOf(config.right, samples);
  if (flops._tag === "Left") return left(named(method.name, flops.left));
  return right({
    ...{ name: method.name, title: titleOf(method), control: null },
    ...{ config: config.right, flops: flops.right },
  });
}

/** Name of a control: that of the listed method which it shortens, if there is one. */
function controlNames(
  { name, title }: PlannedMethod,
  config: PretrainConfig,
  listed: readonly PlannedMethod[],
): Pick<PlannedMethod, "name" | "title"> {
  const { epochs } = config.training;
  const whole = listed.find((one) =>
    isPlain(one.config) && isSame(withEpochs(one.config, epochs), config)
  );
  return {
    name: `${whole?.name ?? `${name}-unfrozen`}-${epochs}-epochs`,
    title: `${whole?.title ?? `${title}, unfrozen`}, ${epochs} epochs`,
  };
}

/** The control of a method, new or one that is there; `null` of a plain one. */
function controlOf(
  method: PlannedMethod,
  samples: number,
  listed: readonly PlannedMethod[],
  controls: readonly PlannedMethod[],
): Planned<PlannedMethod | null> {
  if (isPlain(method.config)) return right(null);
  const plain = costing(plainConfig(method.config), samples, method.flops);
  if (plain._tag === "Left") return plain;
  const { right: config } = plain;
  const found = [...listed, ...controls].find((one) =>
    isPlain(one.config) && isSame(one.config, config)
  );
  if (found !== undefined) return right(found);
  const flops = flopsOf(config, samples);
  return flops._tag === "Left" ? flops : right({
    ...controlNames(method, config, listed),
    ...{ config, flops: flops.right, control: null },
  });
}

/** Methods with their controls, those that are new behind the methods. */
function withControls(
  methods: readonly PlannedMethod[],
  samples: number,
): Planned<readonly PlannedMethod[]> {
  const controls: PlannedMethod[] = [];
  const controlled: PlannedMethod[] = [];
  for (const method of methods) {
    const control = controlOf(method, samples, methods, controls);
    if (control._tag === "Left") return left(named(method.name, control.left));
    const { right: one } = control;
    const isNew = one !== null && ![...methods, ...controls].includes(one);
    if (isNew) controls.push(one);
    controlled.push({ ...method, control: one?.name ?? null });
  }
  return right([...controlled, ...controls]);
}

/**
 * Plans methods.
 *
 * @param common Settings that all methods share.
 * @param samples Images of an epoch.
 * @param isControlled True if a method without a listed one that costs the same and
 *   freezes nothing gets one.
 * @returns The methods in their order, then the controls; or what is wrong with them.
 */
export function plannedMethods(
  common: PretrainConfig,
  samples: number,
  methods: readonly Method[],
  isControlled: boolean,
): Planned<readonly PlannedMethod[]> {
  const done: PlannedMethod[] = [];
  for (const method of methods) {
    const planned = plannedMethod(common, samples, method, done);
    if (planned._tag === "Left") return planned;
    done.push(planned.right);
  }
  return isControlled ? withControls(done, samples) : right(done);
}
