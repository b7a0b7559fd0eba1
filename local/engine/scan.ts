/**
 * Pulumi reads the whole of node_modules once for every function that it serializes (150 to 400 ms each). Within one run
 * of one program it does not change.
 */
import { createRequire } from "node:module";

interface Arborist {
  readonly path: string;
  loadActual(...options: unknown[]): Promise<unknown>;
}

export function shareTheScan(): void {
  const pulumiRequire = createRequire(require.resolve("@pulumi/pulumi"));
  const { Arborist } = pulumiRequire("@npmcli/arborist") as { Arborist: { prototype: Arborist } };
  const scan = Arborist.prototype.loadActual;
  const scans = new Map<string, Promise<unknown>>();
  Arborist.prototype.loadActual = function (this: Arborist, ...options: unknown[]): Promise<unknown> {
    const key = JSON.stringify([this.path, options]);
    const shared = scans.get(key) ?? scan.apply(this, options);
    scans.set(key, shared);
    return shared;
  };
}
