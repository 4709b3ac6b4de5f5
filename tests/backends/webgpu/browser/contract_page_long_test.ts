import { isSlow, pageTest } from "./contract_page.ts";

pageTest(
  "the compiled engine computes long kernels and a model's step in a page of Chromium",
  isSlow,
);
