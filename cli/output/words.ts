/** Numbers and times as the program prints them. */
export {
  duration,
  inPercent,
  percent,
  thousands,
  UNKNOWN,
} from "../../core/mod.ts";
