import { strictEqual } from "node:assert/strict";
import {
  fromHalfNumbers,
  halvesByTable,
} from "../../../train/files/half_numbers.ts";

/** The first of all numbers of 16 bits that gets another value, `-1` if none does. */
function firstWrong(convert: typeof halvesByTable): number {
  const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  const wanted = new Float16Array(bits.buffer);
  return convert(bits).findIndex((value, i) => !Object.is(value, wanted[i]));
}

Deno.test("halvesByTable() and fromHalfNumbers() give the value of every number of 16 bits", () => {
  strictEqual(firstWrong(halvesByTable), -1);
  strictEqual(firstWrong(fromHalfNumbers), -1);
});
