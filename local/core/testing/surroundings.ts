/** What a service's tests put around it: an authorizer that remembers what it was asked, and policies one can look at. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Principals } from "../principals";
import {
  AwsError,
  type Authorizer,
  type ConditionContext,
  type PolicyStore,
  type Principal,
  type ResourceContext,
  type Surroundings,
} from "../service";

export interface Asked {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  readonly context?: ConditionContext;
}

/** Allows everything but what `denies` says. */
export class TestAuthorizer implements Authorizer {
  readonly asked: Asked[] = [];
  denies: (asked: Asked) => boolean = () => false;

  check(principal: Principal, action: string, resource: string, context?: ConditionContext): void {
    const asked: Asked = { principal, action, resource, ...(context === undefined ? {} : { context }) };
    this.asked.push(asked);
    if (this.denies(asked)) {
      throw new AwsError("AccessDeniedException", `${principal.arn} is not authorized to perform: ${action}`, 403);
    }
  }

  /** What was asked since the last time, as `action resource`. */
  taken(): string[] {
    return this.asked.splice(0).map(({ action, resource }) => `${action} ${resource}`);
  }
}

export class TestPolicies implements PolicyStore {
  readonly byResource = new Map<string, string>();
  readonly owners = new Map<string, string>();
  setIdentityPolicy(): void {}
  setResourcePolicy(resourceArn: string, document: string | undefined): void {
    if (document === undefined) this.byResource.delete(resourceArn);
    else this.byResource.set(resourceArn, document);
  }
  setOwner(resourceArn: string, account: string): void {
    this.owners.set(resourceArn, account);
  }
}

export interface TestSurroundings extends Surroundings {
  readonly authorizer: TestAuthorizer;
  readonly policies: TestPolicies;
}

/** `folder` is a new one under the system's folder for temporary files; the test removes it. */
export function testSurroundings(): TestSurroundings {
  return {
    folder: mkdtempSync(join(tmpdir(), "tributary-test-")),
    authorizer: new TestAuthorizer(),
    policies: new TestPolicies(),
    principals: new Principals(),
    endpointUrl: () => "http://127.0.0.1",
    haste: 1,
  };
}

export const testContext = (type: string, account = "111111111111"): ResourceContext => ({
  type,
  name: "test",
  urn: `urn:pulumi:prod::tributary::${type}::test`,
  autoName: "test-0123abc",
  account,
  region: "eu-west-1",
});
