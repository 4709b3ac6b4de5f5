import { createHash } from "node:crypto";
import { match, ok, strictEqual } from "node:assert/strict";
import { gainPage } from "../../../cli/gain/page.ts";

const PAGE = gainPage({
  title: "Cats & <dogs>",
  lead: [],
  gains: ["+1.0 points"],
  parts: [
    {
      heading: "Numbers",
      words: "few",
      head: [["class", false], ["right", true]],
      rows: [['"a" <script>alert(1)</script>', "3"]],
    },
    {
      name: "map",
      heading: "Map",
      words: "",
      alt: "dots",
      svg: "<svg>é</svg>",
    },
  ],
  facts: [],
});

Deno.test("gainPage() lets nothing run, and allows its own style by what it holds", () => {
  const policy = /content-security-policy" content="([^"]+)"/.exec(PAGE)?.[1] ??
    "";
  match(policy, /^default-src 'none'; img-src data:;/);
  ok(!/unsafe|script-src|https?:/.test(policy), policy);
  const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(PAGE) ?? [];
  const hash = createHash("sha256").update(style).digest("base64");
  ok(policy.includes(`'sha256-${hash}'`));
  // Neither scripts nor styles of elements, which the policy would stop.
  strictEqual(/<script|style=|\son\w+=/.test(PAGE), false);
});

Deno.test("gainPage() writes names from outside as words, and pictures within itself", () => {
  match(PAGE, /<title>Cats &amp; &lt;dogs&gt;<\/title>/);
  match(PAGE, /<td>&quot;a&quot; &lt;script&gt;/);
  match(PAGE, /<td class="number">3<\/td>/);
  const [, code = ""] = /src="data:image\/svg\+xml;base64,([^"]+)" alt="dots"/
    .exec(PAGE) ?? [];
  const bytes = Uint8Array.fromBase64(code);
  strictEqual(new TextDecoder().decode(bytes), "<svg>é</svg>");
});
