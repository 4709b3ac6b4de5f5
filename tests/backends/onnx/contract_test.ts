import { CONTRACT } from "../contract.ts";
import { onOnnx } from "./open_onnx.ts";

for (const { name, run } of CONTRACT) onOnnx(name, run);
