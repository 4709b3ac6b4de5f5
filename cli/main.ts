/**
 * The program: `deno run -A cli/main.ts COMMAND …`.
 *
 * ```sh
 * deno run -A cli/main.ts pretrain --data photos
 * deno run -A cli/main.ts knn runs/1
 * deno run -A cli/main.ts --help
 * ```
 */
// deno-lint-ignore-file no-console -- talking is what a program does
import { nearestHint } from "../core/mod.ts";
import type { Command } from "./command/command.ts";
import { EXIT } from "./command/command_failed.ts";
import { runCommand } from "./command/run_command.ts";

/** A command by its purpose in a line; loaded only when it is asked for. */
interface Entry {
  readonly purpose: string;
  readonly load: () => Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  pretrain: {
    purpose: "pre-train a Vision Transformer on images",
    load: async () => (await import("./commands/pretrain.ts")).pretrainCommand,
  },
  plan: {
    purpose: "print and draw what freezes when, without training",
    load: async () => (await import("./commands/plan.ts")).planCommand,
  },
  "find-times": {
    purpose: "find out from an unfrozen run when its layers may freeze",
    load: async () =>
      (await import("./commands/find_times.ts")).findTimesCommand,
  },
  watch: {
    purpose: "show a run from another terminal, or as a page",
    load: async () => (await import("./commands/watch.ts")).watchCommand,
  },
  evaluate: {
    purpose: "say what pre-training gained, on a page with pictures",
    load: async () => (await import("./commands/evaluate.ts")).evaluateCommand,
  },
  knn: {
    purpose: "evaluate an encoder by nearest neighbours in feature space",
    load: async () => (await import("./commands/knn.ts")).knnCommand,
  },
  probe: {
    purpose: "evaluate an encoder by a linear classifier on its features",
    load: async () => (await import("./commands/probe.ts")).probeCommand,
  },
  finetune: {
    purpose: "fine-tune an encoder with a head for classes",
    load: async () => (await import("./commands/finetune.ts")).finetuneCommand,
  },
  compare: {
    purpose: "compare ways of freezing by the accuracy of their encoders",
    load: async () => (await import("./commands/compare.ts")).compareCommand,
  },
  classic: {
    purpose: "train a residual network under FreezeOut",
    load: async () => (await import("./commands/classic.ts")).classicCommand,
  },
  predict: {
    purpose:
      "name the classes of pictures with a fine-tuned encoder or a probe",
    load: async () => (await import("./commands/predict.ts")).predictCommand,
  },
  similar: {
    purpose: "find the pictures that are most similar to others",
    load: async () => (await import("./commands/similar.ts")).similarCommand,
  },
  export: {
    purpose: "write an encoder for timm, PyTorch and transformers.js",
    load: async () => (await import("./commands/export.ts")).exportCommand,
  },
};

function helpOfCommands(): string {
  const names = Object.keys(COMMANDS);
  const width = Math.max(...names.map((name) => name.length));
  return [
    "Pre-training of Vision Transformers under freezing: deno run -A cli/main.ts COMMAND [FLAGS]",
    "",
    ...Object.entries(COMMANDS).map(([name, { purpose }]) =>
      `  ${name.padEnd(width)}  ${purpose}`
    ),
    "",
    "COMMAND --help lists the flags of a command.",
  ].join("\n");
}

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === "--help" || name === "-h") return console.log(helpOfCommands());
  const command = name !== undefined && Object.hasOwn(COMMANDS, name)
    ? COMMANDS[name]
    : undefined;
  if (command !== undefined) {
    return await runCommand(await command.load(), args);
  }
  console.error(
    name === undefined
      ? helpOfCommands()
      : `command: found ${JSON.stringify(name)}, wanted one of ${
        Object.keys(COMMANDS).join(", ")
      }${nearestHint(name, Object.keys(COMMANDS))}`,
  );
  Deno.exit(EXIT.badInput);
}

if (import.meta.main) await main(Deno.args);
