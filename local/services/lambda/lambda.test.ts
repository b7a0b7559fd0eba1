import {
  GetEventSourceMappingCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import type { DynamoDBStreamEvent, KinesisStreamEvent } from "aws-lambda";
import { startEndpoint } from "../../core/http";
import { context, FakeStream, ROLE, STREAM, TABLE_STREAM, until, World } from "./testing/world";

const FUNCTION = "aws:lambda/function:Function";
const MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping";

let stream: FakeStream;
let table: FakeStream;
let world: World;

beforeEach(() => {
  stream = new FakeStream(STREAM, "arn:aws:kms:eu-west-1:111111111111:key/stream");
  table = new FakeStream(TABLE_STREAM);
  world = new World(stream, table);
});

afterEach(() => world.close());

/** Writes every event down. */
const WRITER = `exports.handler = async (event) => require("fs").appendFileSync(process.env.SEEN, JSON.stringify(event) + "\\n");`;
const seenBy = (): Record<string, unknown> => ({ environment: { variables: { SEEN: world.seenFile } } });

test("a Kinesis record arrives as Lambda delivers it, with the foreign stream's ARN and the function's own role", async () => {
  await world.function(WRITER, seenBy());
  stream.put([{ n: 1 }], { key: 'ünï "\\', arrivedAt: 1_545_084_650_987 });
  await world.mapping();
  await world.drained();
  const expected: KinesisStreamEvent = {
    Records: [
      {
        kinesis: {
          kinesisSchemaVersion: "1.0",
          partitionKey: 'ünï "\\',
          sequenceNumber: "1",
          data: Buffer.from('{"n":1}').toString("base64"),
          approximateArrivalTimestamp: 1545084650.987,
        },
        eventSource: "aws:kinesis",
        eventVersion: "1.0",
        eventID: "shardId-000000000000:1",
        eventName: "aws:kinesis:record",
        invokeIdentityArn: ROLE,
        awsRegion: "eu-west-1",
        eventSourceARN: STREAM,
      },
    ],
  };
  expect(world.seen()).toEqual([expected]);
});

test("a DynamoDB record arrives as Lambda delivers it", async () => {
  await world.function(WRITER, seenBy());
  table.put(["x"]);
  await world.mapping({ eventSourceArn: TABLE_STREAM });
  await world.drained();
  const expected: DynamoDBStreamEvent = {
    Records: [
      {
        eventID: "1",
        eventName: "INSERT",
        eventVersion: "1.1",
        eventSource: "aws:dynamodb",
        awsRegion: "eu-west-1",
        dynamodb: { Keys: { id: { S: "k" } }, NewImage: { v: { S: "x" } }, SequenceNumber: "1" },
        eventSourceARN: TABLE_STREAM,
      },
    ],
  };
  expect(world.seen()).toEqual([expected]);
});

/** Answers nothing, writes the numbers it was given. */
const NUMBERS = `exports.handler = async ({ Records }) => require("fs").appendFileSync(process.env.SEEN,
  JSON.stringify(Records.map((record) => Number(record.kinesis.sequenceNumber))) + "\\n");`;

test("TRIM_HORIZON begins with what is there, LATEST with what comes; new records wake it, new shards are read whole", async () => {
  await world.function(NUMBERS, seenBy());
  stream.put(["a", "b"]);
  await world.mapping({ startingPosition: "LATEST" });
  stream.put(["c"]);
  await until(() => world.seen().length === 1);
  stream.put(["x", "y"], { shard: "shardId-000000000001" });
  await until(() => world.seen().length === 2);
  expect(world.seen()).toEqual([[3], [1, 2]]);
  await world.function(NUMBERS, seenBy(), "other");
  await world.mapping({ functionName: "other" });
  await until(() => world.seen().length === 4);
  expect(world.seen().slice(2)).toEqual(
    expect.arrayContaining([
      [1, 2, 3],
      [1, 2],
    ]),
  );
});

test("filters: records that match none are never handed over; progress and statistics are told", async () => {
  await world.function(NUMBERS, seenBy());
  stream.put([{ t: "a" }, { t: "b" }, "no JSON", { t: "a" }]);
  const uuid = await world.mapping({ filterCriteria: { filters: [{ pattern: '{"data":{"t":["a"]}}' }] } });
  expect(world.service.mappings()).toEqual([
    {
      uuid,
      functionArn: "arn:aws:lambda:eu-west-1:222222222222:function:capture",
      functionName: "capture",
      eventSourceArn: STREAM,
      state: "Enabled",
      lastProcessingResult: "No records processed",
      recordsBehind: 4,
      batchesInFlight: 0,
    },
  ]);
  await until(() => world.service.mappings()[0]?.batchesInFlight === 1);
  await world.drained();
  expect(world.seen()).toEqual([[1, 4]]);
  expect(world.service.mappings()).toMatchObject([
    { recordsBehind: 0, batchesInFlight: 0, lastProcessingResult: "OK" },
  ]);
  expect(world.service.statistics()).toMatchObject([
    { functionName: "capture", invocations: 1, records: 2, errors: 0 },
  ]);
  expect(world.service.problems()).toEqual([]);
});

test("what is given up lies in S3 with its event, and is counted", async () => {
  await world.function(`exports.handler = async () => { throw new Error("no"); };`);
  const arrived = Date.UTC(2026, 10, 24, 8, 0, 1, 5);
  stream.put(["a", "b"], { arrivedAt: arrived });
  const uuid = await world.mapping({
    maximumRetryAttempts: 1,
    destinationConfig: { onFailure: { destinationArn: "arn:aws:s3:::failures" } },
  });
  await world.drained();
  const [{ bucket, key, body } = { bucket: "", key: "", body: "" }] = world.stored;
  expect(bucket).toBe("failures");
  const form = `^aws/lambda/${uuid}/shardId-000000000000/(\\d{4})/(\\d\\d)/(\\d\\d)/\\1-\\2-\\3T\\d\\d\\.\\d\\d\\.\\d\\d-[0-9a-f-]{36}$`;
  expect(key).toMatch(new RegExp(form));
  const { payload, ...record } = JSON.parse(body);
  expect(record).toEqual({
    requestContext: {
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      functionArn: "arn:aws:lambda:eu-west-1:222222222222:function:capture",
      condition: "RetryAttemptsExhausted",
      approximateInvokeCount: 2,
    },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    version: "1.0",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    KinesisBatchInfo: {
      shardId: "shardId-000000000000",
      startSequenceNumber: "1",
      endSequenceNumber: "2",
      approximateArrivalOfFirstRecord: "2026-11-24T08:00:01.005Z",
      approximateArrivalOfLastRecord: "2026-11-24T08:00:01.005Z",
      batchSize: 2,
      streamArn: STREAM,
    },
  });
  expect(JSON.parse(payload)).toMatchObject({ Records: [{ eventID: "shardId-000000000000:1" }, {}] });
  expect(world.service.statistics()).toMatchObject([
    { errors: 2, records: 4, discardedBatches: 1, discardedRecords: 2 },
  ]);
  expect(world.service.problems()).toMatchObject([
    { functionName: "capture", problem: "PROBLEM: Function call failed" },
  ]);
});

test("of a DynamoDB stream too; a batch the function never saw has no response", async () => {
  await world.function(WRITER, seenBy());
  table.put(["old"], { arrivedAt: Date.UTC(2026, 0, 1) });
  await world.mapping({
    eventSourceArn: TABLE_STREAM,
    maximumRecordAgeInSeconds: 60,
    destinationConfig: { onFailure: { destinationArn: "arn:aws:s3:::failures" } },
  });
  await world.drained();
  const record = JSON.parse(world.stored[0]?.body ?? "");
  expect(record).toMatchObject({
    requestContext: { condition: "RecordAgeExceeded", approximateInvokeCount: 0 },
    DDBStreamBatchInfo: {
      approximateArrivalOfFirstRecord: "2026-01-01T00:00:00Z",
      batchSize: 1,
      streamArn: TABLE_STREAM,
    },
  });
  expect(record).not.toHaveProperty("responseContext");
  expect(world.seen()).toEqual([]);
});

test.each([
  ["kinesis:GetRecords", STREAM],
  ["s3:PutObject", STREAM],
  ["dynamodb:GetRecords", TABLE_STREAM],
])("without %s nothing is read, the mapping says so, and goes on as soon as it may", async (action, eventSourceArn) => {
  world.denied.add(action);
  await world.function(WRITER, seenBy());
  await world.mapping({
    eventSourceArn,
    destinationConfig: { onFailure: { destinationArn: "arn:aws:s3:::failures" } },
  });
  (eventSourceArn === TABLE_STREAM ? table : stream).put(["x"]);
  await until(() => world.service.problems().length > 0);
  expect(world.service.problems()[0]?.problem).toMatch(`PROBLEM: Cannot`);
  expect(world.service.problems()[0]?.problem).toContain(`${ROLE} is not authorized to perform: ${action}`);
  expect(world.asked.slice(1).every(({ principal }) => principal === ROLE)).toBe(true);
  const before = world.asked.length;
  await until(() => world.asked.length > before);
  expect(world.service.statistics()).toMatchObject([{ invocations: 0 }]);
  world.denied.clear();
  await world.drained();
  expect(world.seen()).toHaveLength(1);
  expect(world.service.problems()).toEqual([]);
});

test("a problem that is over is not told any more, even if no record is for the function", async () => {
  world.denied.add("kinesis:GetRecords");
  await world.function(WRITER);
  await world.mapping({ filterCriteria: { filters: [{ pattern: '{"partitionKey":["other"]}' }] } });
  stream.put(["x"]);
  await until(() => world.service.problems().length === 1);
  world.denied.clear();
  await world.drained();
  expect(world.service.problems()).toEqual([]);
});

test("an updated mapping goes on where it stood, with its new settings; a removed one reads no more", async () => {
  await world.function(NUMBERS, seenBy());
  const uuid = await world.mapping({ batchSize: 1 });
  stream.put(["a", "b"]);
  await world.drained();
  const inputs = { eventSourceArn: STREAM, functionName: "capture", startingPosition: "TRIM_HORIZON", batchSize: 3 };
  const provider = world.provider(MAPPING);
  const previous = { id: uuid, outputs: {} };
  await provider.update?.(uuid, inputs, previous, context(MAPPING));
  stream.put(["c", "d", "e", "f"]);
  await world.drained();
  expect(world.seen()).toEqual([[1], [2], [3, 4, 5], [6]]);
  await expect(
    provider.update?.(uuid, { ...inputs, startingPosition: "LATEST" }, previous, context(MAPPING)),
  ).rejects.toThrow("startingPosition cannot change (TRIM_HORIZON to LATEST); it must be replaced");
  await provider.delete?.(uuid, previous, context(MAPPING));
  expect(stream.listeners.size).toBe(0);
  expect(world.service.mappings()).toEqual([]);
});

test("Lambda must be admitted by the role's trust policy, and is again when the function changes", async () => {
  world.denied.add("sts:AssumeRole");
  const refusal =
    "The role defined for the function cannot be assumed by Lambda. lambda.amazonaws.com is not authorized";
  await expect(world.function(WRITER)).rejects.toThrow(refusal);
  world.denied.clear();
  await world.function(WRITER);
  expect(world.asked.at(-1)).toEqual({ principal: "lambda.amazonaws.com", action: "sts:AssumeRole", resource: ROLE });
  world.denied.add("sts:AssumeRole");
  const inputs = world.inputs(WRITER, { name: "capture" });
  const update = async () =>
    world.provider(FUNCTION).update?.("capture", inputs, { id: "capture", outputs: {} }, context(FUNCTION));
  await expect(update()).rejects.toThrow(refusal);
});

test("providers: outputs, and what they refuse", async () => {
  const functions = world.provider(FUNCTION);
  const inputs = world.inputs(WRITER, { tags: { a: "b" }, architectures: ["arm64"] });
  const arn = "arn:aws:lambda:eu-west-1:222222222222:function:capture-1234567";
  const created = await functions.create(inputs, context(FUNCTION));
  expect(created).toMatchObject({
    id: "capture-1234567",
    outputs: {
      arn,
      name: "capture-1234567",
      version: "$LATEST",
      invokeArn: `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${arn}/invocations`,
      timeout: 3,
      memorySize: 128,
      codeSha256: "AP8=",
      sourceCodeSize: WRITER.length,
      loggingConfig: { logFormat: "Text", logGroup: "/aws/lambda/capture-1234567" },
    },
  });
  const refused: [Record<string, unknown>, string][] = [
    [{}, "Function already exist"],
    [{ layers: [] }, "the argument layers is not supported"],
    [{ name: "other", runtime: "python3.13" }, "Only Node.js runs locally"],
    [{ name: "other", timeout: 901 }, "timeout is 901"],
    [
      { name: "other", environment: { variables: { AWS_REGION: "x" } } },
      "Reserved keys used in this request: AWS_REGION",
    ],
    [{ name: "other", environment: { variables: { A: "x" } } }, 'The environment variable "A" must begin'],
    [{ name: "other", environment: { variables: { AB: "x".repeat(4096) } } }, "exceeded the 4KB limit"],
    [{ name: "other", reservedConcurrentExecutions: 0 }, "may never run"],
    [{ name: "other", loggingConfig: { logFormat: "Text", applicationLogLevel: "INFO" } }, "the log format is Text"],
  ];
  for (const [more, message] of refused) {
    await expect(async () => functions.create({ ...inputs, ...more }, context(FUNCTION))).rejects.toThrow(message);
  }
  await functions.update?.(created.id, { ...inputs, timeout: 9 }, created, context(FUNCTION));
  await expect(async () =>
    functions.update?.(created.id, { ...inputs, name: "renamed" }, created, context(FUNCTION)),
  ).rejects.toThrow("cannot be renamed");

  const mapping = (more: Record<string, unknown>): Promise<string> => world.mapping({ functionName: arn, ...more });
  const uuid = await mapping({});
  expect(uuid).toMatch(/^[0-9a-f-]{36}$/);
  for (const [more, message] of [
    [{}, `Please update or delete the existing mapping with UUID ${uuid}`],
    [{ functionName: "nobody" }, "Function not found"],
    [{ functionName: `${arn}:3` }, "versions and aliases are not supported"],
    [{ eventSourceArn: `${STREAM}-2` }, `Stream not found: ${STREAM}-2`],
    [
      { eventSourceArn: "arn:aws:sqs:eu-west-1:222222222222:queue" },
      "Expected the ARN of a Kinesis or DynamoDB stream",
    ],
    [{ tumblingWindowInSeconds: 60 }, "Tumbling windows are not supported locally"],
    [{ startingPosition: "AT_TIMESTAMP" }, "AT_TIMESTAMP is not supported locally"],
    [{ batchSize: 10_001 }, "batchSize is 10001"],
    [{ maximumRecordAgeInSeconds: 59 }, "maximumRecordAgeInSeconds is 59"],
    [
      { destinationConfig: { onFailure: { destinationArn: "arn:aws:sqs:eu-west-1:222222222222:q" } } },
      "Only the ARN of an S3 bucket",
    ],
    [{ filterCriteria: { filters: [{ pattern: "{" }] } }, "Invalid filter pattern definition"],
    [{ provisionedPollerConfig: {} }, "the argument provisionedPollerConfig is not supported"],
  ] as const) {
    await expect(mapping(more)).rejects.toThrow(message);
  }
  await functions.delete?.(created.id, created, context(FUNCTION));
  await expect(mapping({ eventSourceArn: TABLE_STREAM })).rejects.toThrow("Function not found");
});

test("the API, through AWS's own client: each operation asks for its permission", async () => {
  const { service, principals, authorizer } = world;
  const functionArn = await world.function(
    `exports.handler = async (event) => { if (event.fail) throw new Error("no"); return event; }`,
  );
  const uuid = await world.mapping();
  const endpoint = await startEndpoint(service.apis ?? [], { principals, authorizer });
  const OPERATOR = "arn:aws:iam::222222222222:role/operator";
  const settings = {
    endpoint: endpoint.url,
    region: "eu-west-1",
    credentials: principals.mint(OPERATOR),
    maxAttempts: 1,
  };
  const client = new LambdaClient(settings);
  const name = { FunctionName: "capture" };
  try {
    const invoked = await client.send(new InvokeCommand({ ...name, Payload: Buffer.from('{"a":"ü"}') }));
    expect(invoked).toMatchObject({ StatusCode: 200, ExecutedVersion: "$LATEST" });
    expect(invoked.FunctionError).toBeUndefined();
    expect(invoked.Payload?.transformToString()).toBe('{"a":"ü"}');
    const failed = await client.send(
      new InvokeCommand({ FunctionName: functionArn, Payload: Buffer.from('{"fail":1}') }),
    );
    expect(failed.FunctionError).toBe("Unhandled");
    expect(JSON.parse(failed.Payload?.transformToString() ?? "")).toMatchObject({
      errorType: "Error",
      errorMessage: "no",
    });

    const configuration = { FunctionName: "capture", Role: ROLE, Runtime: "nodejs22.x", Timeout: 3, State: "Active" };
    expect(await client.send(new GetFunctionConfigurationCommand(name))).toMatchObject(configuration);
    expect(await client.send(new GetFunctionCommand({ FunctionName: "222222222222:function:capture" }))).toMatchObject({
      Configuration: configuration,
    });
    const listed = await client.send(new ListEventSourceMappingsCommand(name));
    expect(listed.EventSourceMappings).toEqual([
      expect.objectContaining({
        UUID: uuid,
        EventSourceArn: STREAM,
        BatchSize: 100,
        MaximumRetryAttempts: -1,
        State: "Enabled",
      }),
    ]);
    const others = await client.send(new ListEventSourceMappingsCommand({ EventSourceArn: TABLE_STREAM }));
    expect(others.EventSourceMappings).toEqual([]);
    const disabled = await client.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: false }));
    expect(disabled).toMatchObject({ UUID: uuid, State: "Disabled", FunctionArn: functionArn });
    stream.put(["{}"]);
    expect(service.mappings()).toMatchObject([{ state: "Disabled", recordsBehind: 1, batchesInFlight: 0 }]);
    await client.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: true }));
    await world.drained();
    expect(await client.send(new GetEventSourceMappingCommand({ UUID: uuid }))).toMatchObject({
      State: "Enabled",
      LastProcessingResult: "OK",
      LastModified: expect.any(Date),
    });

    const refused: [Promise<unknown>, string, string][] = [
      [client.send(new InvokeCommand({ FunctionName: "nobody" })), "ResourceNotFoundException", "Function not found"],
      [
        client.send(new InvokeCommand({ ...name, InvocationType: "Event" })),
        "InvalidParameterValueException",
        "Event is not supported",
      ],
      [
        client.send(new InvokeCommand({ ...name, LogType: "Tail" })),
        "InvalidParameterValueException",
        "Tail is not supported",
      ],
      [
        client.send(new InvokeCommand({ ...name, Payload: Buffer.from("{") })),
        "InvalidRequestContentException",
        "Could not parse",
      ],
      [
        client.send(new InvokeCommand({ ...name, Payload: Buffer.alloc(6_291_457) })),
        "RequestTooLargeException",
        "limit 6291456 bytes",
      ],
      [
        client.send(new UpdateEventSourceMappingCommand({ UUID: uuid, BatchSize: 1 })),
        "InvalidParameterValueException",
        "BatchSize is not supported",
      ],
      [client.send(new GetEventSourceMappingCommand({ UUID: "x" })), "ResourceNotFoundException", "does not exist"],
    ];
    for (const [call, error, message] of refused) {
      await expect(call).rejects.toMatchObject({ name: error, message: expect.stringContaining(message) });
    }

    const mappingArn = `arn:aws:lambda:eu-west-1:222222222222:event-source-mapping:${uuid}`;
    for (const [action, resource, call] of [
      ["InvokeFunction", functionArn, () => client.send(new InvokeCommand(name))],
      ["GetFunction", functionArn, () => client.send(new GetFunctionCommand(name))],
      ["GetFunctionConfiguration", functionArn, () => client.send(new GetFunctionConfigurationCommand(name))],
      ["ListEventSourceMappings", "*", () => client.send(new ListEventSourceMappingsCommand({}))],
      ["GetEventSourceMapping", mappingArn, () => client.send(new GetEventSourceMappingCommand({ UUID: uuid }))],
      ["UpdateEventSourceMapping", mappingArn, () => client.send(new UpdateEventSourceMappingCommand({ UUID: uuid }))],
    ] as const) {
      world.denied.add(`lambda:${action}`);
      await expect(call()).rejects.toMatchObject({
        name: "AccessDeniedException",
        message: `${OPERATOR} is not authorized to perform: lambda:${action} on ${resource}`,
      });
    }
  } finally {
    client.destroy();
    await endpoint.close();
  }
});

test("close may be called twice", async () => {
  await world.function(WRITER);
  await world.mapping();
  await world.service.close?.();
  await world.service.close?.();
});
