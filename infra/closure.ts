/**
 * The code of a Lambda function from a callback, as `aws.lambda.CallbackFunction` makes it, three times as fast.
 *
 * Pulumi writes each function of a closure into a `with` block that is entered, with a new object, at every call; in it V8
 * searches for every name and optimizes little. Measured on the projection's batch of 1,000: 61 ms of CPU against 20 (`npm run
 * bench`). So what each function captures becomes constants beside it, made at the first call, when all of them exist.
 */
import { Script } from "node:vm";
import * as pulumi from "@pulumi/pulumi";

/** Name of the archive's only file, and of the function in it. */
export const HANDLER = "__index.handler";

/** As `emitFunctionWorker` of @pulumi/pulumi/runtime/closure/serializeClosure.ts writes it; the version is pinned. */
const FUNCTION =
  /^function (\w+)\(([^)]*)\) \{\n {2}return \(function\(\) \{\n {4}with\(\{ (.*) \}\) \{\n\nreturn ([\s\S]*?);\n\n {4}\}\n {2}\}\)\.apply\(undefined, undefined\)\.apply\(this, arguments\);\n\}$/gm;

/** A captured value is a JSON string, another literal, a variable, or `require` or `Promise.resolve` of one of these. */
const CAPTURED = /(\w+): ((?:[\w.]+\()?(?:"(?:[^"\\]|\\.)*"|[^\s,"()[\]{}]+)\)?)(?:, |$)/y;

/** @throws Error if `captured` holds what `CAPTURED` does not know. */
function constants(captured: string): string {
  const lines: string[] = [];
  CAPTURED.lastIndex = 0;
  while (CAPTURED.lastIndex < captured.length) {
    const from = CAPTURED.lastIndex;
    const [, name, value] = CAPTURED.exec(captured) ?? [];
    if (name === undefined || value === undefined) {
      throw new Error(`cannot read what a function captures: ${captured.slice(from, from + 80)}`);
    }
    // Of these two Pulumi says only that there are none.
    if (name !== "this" && name !== "arguments") lines.push(`  const ${name} = ${value};\n`);
  }
  return lines.join("");
}

/**
 * @param text a module as `pulumi.runtime.serializeFunction` writes it
 * @throws Error if it has another shape than we know: after an update of Pulumi, say. Nothing is deployed then.
 */
export function withoutWith(text: string): string {
  const lifted = text.replace(
    FUNCTION,
    (_, name: string, parameters: string, captured: string, code: string) =>
      `var ${name}_made;\n` +
      `function ${name}(${parameters}) {\n  return (${name}_made ??= ${name}_make()).apply(this, arguments);\n}\n` +
      `function ${name}_make() {\n${constants(captured)}  return ${code};\n}`,
  );
  if (/^\s*with\(/m.test(lifted))
    throw new Error("a function's code has a `with` block that infra/closure.ts cannot lift");
  // Compiles it and runs nothing.
  new Script(lifted);
  return lifted;
}

/**
 * @param factory called once per execution environment; what it returns is the handler. A secret that it captures is an
 * error: the archive would hold it in plain text.
 */
export async function callbackText(factory: () => unknown): Promise<string> {
  const { text } = await pulumi.runtime.serializeFunction(factory, { isFactoryFunction: true });
  return withoutWith(text);
}

/** The archive of a function with `HANDLER`. */
export const callbackCode = (factory: () => unknown): pulumi.Output<pulumi.asset.AssetArchive> =>
  pulumi
    .output(callbackText(factory))
    .apply((text) => new pulumi.asset.AssetArchive({ "__index.js": new pulumi.asset.StringAsset(text) }));
