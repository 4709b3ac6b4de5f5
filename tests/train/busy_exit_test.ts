import { exitsBusy } from "./exits_busy.ts";

exitsBusy(["15"]);
