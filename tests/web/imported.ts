/**
 * What a file imports when it runs, directly or not.
 *
 * @module
 */

/** An import of something that is not ours. */
export interface Foreign {
  /** Text between the quotes. */
  readonly specifier: string;
  /** The file that imports it, from the top of the repository. */
  readonly by: string;
  /** True if it is loaded only when it is asked for. */
  readonly isDynamic: boolean;
}

/** The part of `deno info --json` that is read. */
interface Info {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      /** Absent where only types are imported. */
      readonly code?: { readonly specifier?: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

const REPOSITORY = new URL("../../", import.meta.url);

/** All that is imported from outside of the repository, types left out. */
export async function foreignImports(
  entry: string,
): Promise<readonly Foreign[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: REPOSITORY,
    stderr: "null",
  }).output();
  const { roots, modules }: Info = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  const known = new Map(modules.map((each) => [each.specifier, each]));
  const seen = new Set(roots);
  const foreign: Foreign[] = [];
  for (const file of seen) {
    for (const imported of known.get(file)?.dependencies ?? []) {
      const { specifier, code, isDynamic = false } = imported;
      if (code === undefined) continue;
      const target = code.specifier ?? specifier;
      if (target.startsWith(REPOSITORY.href)) seen.add(target);
      else {
        const by = file.slice(REPOSITORY.href.length);
        foreign.push({ specifier, by, isDynamic });
      }
    }
  }
  return foreign;
}
