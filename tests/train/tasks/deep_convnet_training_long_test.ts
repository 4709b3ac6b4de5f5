import { testRecordedSteps } from "./deep_convnets.ts";

// Steps of all phases: tests/core/models/deep_convnet_long_test.ts.
await testRecordedSteps(["webgpu"]);
