/**
 * Programs with exactly the permissions that `docs/permissions.md` names, and
 * without each of them.
 *
 * @module
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { type ProgramEnd, ROOT } from "../../programs.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import {
  documentedRows,
  flagOf,
  lessThan,
  type Permission,
  type PermissionRow,
  withWords,
} from "./documented_rows.ts";
import { runWith } from "./run_with.ts";
import { type Stage, stageIn } from "./stage.ts";

/** Runs the program of a row with some permissions. */
async function ended(
  { made, places, calls }: Stage,
  { program, file }: PermissionRow,
  permissions: readonly Permission[],
): Promise<ProgramEnd> {
  const { args = [], places: own, visit } = calls[program] ?? {};
  await Deno.remove(made, { recursive: true }).catch(() => {});
  await Deno.mkdir(made);
  const flags = permissions.map((permission) =>
    flagOf(withWords({ ...places, ...own }, permission))
  );
  return await runWith(flags, [file, ...args], visit);
}

async function checkHead({ file, written }: PermissionRow): Promise<void> {
  const head = await Deno.readTextFile(new URL(file, ROOT));
  for (const flag of written.map(flagOf)) {
    ok(head.includes(flag), `the head of ${file} says ${flag}`);
  }
}

function checkRefusal({ code, stdout, stderr }: ProgramEnd, flag: string) {
  ok(code === 1 || code === 2, `${code}: ${stdout}`);
  match(stderr, new RegExp(`^needs ${flag}\\b.*$`, "m"));
  ok(!/^\s+at /m.test(stderr), stderr);
}

/**
 * Starts programs with their permissions and with less, each as a step of a test.
 *
 * @param t The test.
 * @param isTaken Which rows of the table.
 */
export async function checkRows(
  t: Deno.TestContext,
  isTaken: (row: PermissionRow) => boolean = () => true,
): Promise<void> {
  const rows = await documentedRows();
  // What one row of a program has shown need not be shown by its others.
  const shown = new Set<string>();
  await inFolder(async (folder) => {
    const stage = await stageIn(folder);
    deepStrictEqual(
      rows.map(({ program }) => program),
      Object.keys(stage.calls),
    );
    for (const row of rows.filter(isTaken)) {
      const { program, file, permissions } = row;
      await t.step(`${program} with exactly these`, async () => {
        await checkHead(row);
        const end = await ended(stage, row, permissions);
        strictEqual(end.code, 0, end.stderr);
      });
      for (const { left, rest } of lessThan(permissions)) {
        const name = `without ${flagOf(left)}`;
        if (shown.has(`${file} ${name}`)) continue;
        shown.add(`${file} ${name}`);
        await t.step(
          `${program} ${name}`,
          async () => checkRefusal(await ended(stage, row, rest), left[0]),
        );
      }
    }
  });
}
