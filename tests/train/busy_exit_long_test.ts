import { exitsBusy } from "./exits_busy.ts";

exitsBusy(["1", "15", "40", "90"]);
