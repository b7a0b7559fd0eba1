/**
 * What holds data takes two keys to be deleted. The first is a setting: `tributary:allowDeletion` with the stack's own name
 * as its value; without it AWS keeps the resource even when Pulumi is told to delete it. The second is Pulumi's: everything
 * here is protected, whatever the setting says, so that a person must name each resource (`pulumi state unprotect <urn>`).
 * docs/operations.md walks through it.
 */
import * as pulumi from "@pulumi/pulumi";

/** @throws RunError for another value than the stack's name: a setting that was copied from another stack allows nothing. */
export function allowsDeletion(): boolean {
  const stack = pulumi.getStack();
  const found = new pulumi.Config().get("allowDeletion");
  if (found === undefined || found === "") return false;
  if (found === stack) return true;
  throw new pulumi.RunError(
    `Pulumi.${stack}.yaml, tributary:allowDeletion: found ${JSON.stringify(found)}, expected nothing, or ` +
      `${JSON.stringify(stack)} to allow what holds data to be deleted.`,
  );
}

/** Options of everything that holds data. */
export const keptData = (): Required<Pick<pulumi.CustomResourceOptions, "protect" | "retainOnDelete">> => ({
  protect: true,
  retainOnDelete: !allowsDeletion(),
});
