import { isSlow, pageTest } from "./contract_page.ts";

pageTest(
  "the compiled engine keeps the contract in a page of Chromium",
  (name) => !isSlow(name),
);
