import { onOnnx } from "./open_onnx.ts";
import { assertTinyGradients } from "./tiny_gradients.ts";

for (
  const [frozen, count] of [[0, 223], [3, 198], [7, 154], [12, 99]] as const
) {
  onOnnx(
    `gradients with ${frozen} layers frozen are those of the reference to 1e-5`,
    (backend) => assertTinyGradients(frozen, count, 1e-5, backend),
  );
}
