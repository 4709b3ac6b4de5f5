/**
 * Lint plugin: `core/` is total, deterministic and synchronous, `backends/` also
 * run in a browser.
 */
import { pathInRepository, roomOf } from "./rooms.ts";

/** Names of the outside world and what the core is instead. */
const IMPURE_NAMES: ReadonlyMap<string, string> = new Map([
  ["Date", "core knows no clock: take the time as a value"],
  ["performance", "core knows no clock: take the time as a value"],
  ["setTimeout", "core knows no clock: take the time as a value"],
  ["setInterval", "core knows no clock: take the time as a value"],
  ["crypto", "core is deterministic: take a key"],
  ["console", "core is silent: return what is to be said"],
  ["Deno", "core knows no runtime: do this at the rim"],
  ["process", "core knows no runtime: do this at the rim"],
  ["navigator", "core knows no runtime: do this at the rim"],
  ["fetch", "core knows no network: do this at the rim"],
  ["globalThis", "core knows no global"],
]);

/** A name that is read, not the label of a property. */
function isReference(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed;
    case "Property":
      return parent.value === node || parent.computed;
    case "TSPropertySignature":
    case "TSMethodSignature":
    case "PropertyDefinition":
      return parent.key !== node || parent.computed;
    default:
      return true;
  }
}

const isAsync = (node: Deno.lint.Node): boolean =>
  "async" in node && node.async === true;

/**
 * The doors to native code, to threads and to the environment: elsewhere in `backends/` no
 * runtime is named.
 */
const NATIVE_DOORS: ReadonlySet<string> = new Set([
  "backends/onnx/runtime/native_library.ts",
  "backends/onnx/kernels/thread_pool.ts",
  "backends/onnx/kernels/kernel_worker.ts",
  "backends/webgpu/device/runtime_folder.ts",
]);

const NOT_IN_A_BROWSER: ReadonlySet<string> = new Set(["Deno", "process"]);

/** Nothing in `core/` throws, waits, or reads what it was not given; nothing in `backends/` names a runtime. */
const plugin: Deno.lint.Plugin = {
  name: "purity",
  rules: {
    core: {
      create(context) {
        if (roomOf(pathInRepository(context.filename)) !== "core") return {};
        const report = (node: Deno.lint.Node, message: string): void =>
          context.report({ node, message });
        const refuseAsync = (node: Deno.lint.Node): void => {
          if (isAsync(node)) report(node, "core does not wait");
        };
        return {
          ThrowStatement: (node) =>
            report(node, "core returns Left instead of throwing"),
          AwaitExpression: (node) => report(node, "core does not wait"),
          FunctionDeclaration: refuseAsync,
          FunctionExpression: refuseAsync,
          ArrowFunctionExpression: refuseAsync,
          'MemberExpression[object.name="Math"][property.name="random"]': (
            node: Deno.lint.Node,
          ) => report(node, "core is deterministic: take a key"),
          Identifier(node) {
            const reason = IMPURE_NAMES.get(node.name);
            if (reason !== undefined && isReference(node)) report(node, reason);
          },
        };
      },
    },
    browser: {
      create(context) {
        const path = pathInRepository(context.filename);
        if (roomOf(path) !== "backends" || NATIVE_DOORS.has(path)) return {};
        const report = (node: Deno.lint.Node): void =>
          context.report({ node, message: "backends also run in a browser" });
        return {
          Identifier(node) {
            if (NOT_IN_A_BROWSER.has(node.name) && isReference(node)) {
              report(node);
            }
          },
          "Literal[value=/^node:/]": report,
          MemberExpression({ object, property }) {
            const isGlobal = object.type === "Identifier" &&
              object.name === "globalThis" && property.type === "Identifier" &&
              NOT_IN_A_BROWSER.has(property.name);
            if (isGlobal) report(property);
          },
        };
      },
    },
  },
};
export default plugin;
