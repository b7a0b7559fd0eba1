/** `ops/` may not import `infra/`: what preflight believes of the program is held against it here. */
import { z } from "zod";
import { DEFAULT_ENGINE_VERSION, PROGRAM } from "../../ops/preflight/expected";
import type { Plan } from "./plan";
import { pick } from "./plan";

const settings = z.object({
  TargetMetadata: z.object({ LobMaxSize: z.number() }),
  FullLoadSettings: z.object({ TransactionConsistencyTimeout: z.number() }),
});

/** `unset`: a stack whose settings name no version of DMS. */
export function preflightTests(prod: () => Plan, unset: () => Plan): void {
  test("knows the limits of the tasks", () => {
    const tasks = prod().resources.filter(({ type }) => type.endsWith(":ReplicationTask"));
    expect(tasks.length).toBeGreaterThan(0);
    for (const { inputs } of tasks) {
      expect(settings.parse(JSON.parse(String(inputs["replicationTaskSettings"])))).toEqual({
        TargetMetadata: { LobMaxSize: PROGRAM.lobMaxKb },
        FullLoadSettings: { TransactionConsistencyTimeout: PROGRAM.openTransactionSeconds },
      });
    }
  });

  test("knows where DMS keeps its own tables on the source", () => {
    expect(pick(prod(), "Endpoint", "source").inputs["postgresSettings"]).toMatchObject({
      captureDdls: true,
      ddlArtifactsSchema: PROGRAM.artifactsSchema,
      heartbeatEnable: true,
      heartbeatSchema: PROGRAM.artifactsSchema,
    });
  });

  test("knows the version that stands where none is set", () => {
    expect(pick(unset(), "ReplicationInstance", "replication").inputs["engineVersion"]).toBe(DEFAULT_ENGINE_VERSION);
  });
}
