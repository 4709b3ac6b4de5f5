import { testDeepTrainings } from "./deep_convnets.ts";

await testDeepTrainings(["webgpu"]);
