/** Puts together what a task's process is told: the source's credentials from its secret, those of the target's role. */
import { z } from "zod";
import { assume } from "../../core/assume";
import type { SecretReader } from "../../core/contracts";
import { AwsError, type Scope, type Surroundings } from "../../core/service";
import type { Registry, Source } from "./registry";
import type { TaskDefinition } from "./replicationTask";
import type { SourceSpec, TaskSpec } from "./spec";

/** AWS DMS guide, "Using secrets to access AWS DMS endpoints". */
const secretShape = z.object({
  username: z.string(),
  password: z.string(),
  host: z.string(),
  port: z.coerce.number().int(),
});

export interface SpecDeps {
  readonly surroundings: Surroundings;
  readonly secrets: SecretReader;
  readonly registry: Registry;
}

/** @throws AwsError if the role may not be taken or may not read the secret, or the secret is not what DMS expects. */
export function sourceSpec(source: Source, scope: Scope, { surroundings, secrets, registry }: SpecDeps): SourceSpec {
  const { database, credentials, sslMode, certificateArn, settings } = source;
  const common = {
    ...{ database, sslMode, settings },
    ...(certificateArn === undefined ? {} : { certificate: registry.certificate(certificateArn).pem }),
  };
  if (credentials.from === "endpoint") {
    const { host, port, user, password } = credentials;
    return { ...common, host, port, user, password };
  }
  // For secrets DMS comes as the regional principal (AWS DMS guide, "security_iam_secretsmanager").
  const principal = assume(surroundings.authorizer, `dms.${scope.region}.amazonaws.com`, credentials.roleArn, {
    "aws:SourceAccount": scope.account,
  });
  const text = secrets.secretString(principal, credentials.secretArn);
  let secret: unknown;
  try {
    secret = JSON.parse(text);
  } catch {
    secret = undefined;
  }
  const parsed = secretShape.safeParse(secret);
  if (!parsed.success) {
    throw new AwsError(
      "InvalidParameterValueException",
      `The secret ${credentials.secretArn} must be a JSON object with username, password, host and port.`,
    );
  }
  const { username: user, ...rest } = parsed.data;
  return { ...common, ...rest, user };
}

/** How a client of ours acts with a role that DMS takes. */
export function actingAs(roleArn: string, scope: Scope, surroundings: Surroundings): TaskSpec["aws"] {
  assume(surroundings.authorizer, "dms.amazonaws.com", roleArn, { "aws:SourceAccount": scope.account });
  return { endpoint: surroundings.endpointUrl(), region: scope.region, ...surroundings.principals.mint(roleArn) };
}

export function taskSpec(
  definition: TaskDefinition,
  folder: string,
  start: TaskSpec["start"],
  deps: SpecDeps,
): TaskSpec {
  const { id, resourceId, migrationType, settings, mapping, sourceArn, targetArn } = definition;
  const target = deps.registry.target(targetArn);
  return {
    ...{ name: id, resourceId, folder, migrationType, start, settings, mapping },
    source: sourceSpec(deps.registry.source(sourceArn), definition, deps),
    target: target.to,
    aws: actingAs(target.roleArn, definition, deps.surroundings),
  };
}
