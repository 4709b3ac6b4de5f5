/** Names of the program in messages: those under which the user started it. */
import process from "node:process";

/** The scripts in `examples/` that run one command each. */
const SCRIPTS = {
  pretrain: "pretrain",
  plan: "print_plan",
  "find-times": "find_freeze_times",
  watch: "watch",
  evaluate: "evaluate",
  knn: "knn",
  probe: "linear_probe",
  finetune: "finetune",
  compare: "compare",
  classic: "freezeout_classic",
  predict: "predict",
  similar: "similar",
  export: "export",
} as const;

/** Name of a command. */
export type CommandName = keyof typeof SCRIPTS;

/** Command that runs a kind of training, as run folders name it. */
export function commandOf(task: string): CommandName {
  switch (task) {
    case "finetune":
    case "probe":
      return task;
    case "convnet":
      return "classic";
    default:
      return "pretrain";
  }
}

/** Path of a script in `examples/`. */
const EXAMPLE = /[\\/]examples[\\/]\w+\.ts$/;

/**
 * The program of a command, as it stands behind `deno run -A`: a script where the user
 * started one, else the command of the one program.
 *
 * @param command The command, which need not be the one that runs.
 * @param started Path of what was started.
 */
export const programName = (
  command: CommandName,
  started: string = process.argv[1] ?? "",
): string =>
  EXAMPLE.test(started)
    ? `examples/${SCRIPTS[command]}.ts`
    : `cli/main.ts ${command}`;
