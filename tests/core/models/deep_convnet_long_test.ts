import { testOnDevices } from "./recorded_steps.ts";

await testOnDevices(["webgpu"]);
