/** What DMS has put on the stream, read from its beginning. */
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand } from "@aws-sdk/client-kinesis";

export interface OnStream {
  /** Rows of the loads of a table. */
  loads(table: string): number;
  /** Its inserts, updates and deletes, each counted once however often it was sent. */
  changes(table: string): number;
}

interface Message {
  readonly metadata: Readonly<Record<string, string>>;
}

async function* messages(kinesis: KinesisClient, StreamARN: string): AsyncGenerator<Message> {
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamARN }));
  for (const { ShardId } of Shards) {
    const start = { StreamARN, ShardId, ShardIteratorType: "TRIM_HORIZON" } as const;
    let { ShardIterator } = await kinesis.send(new GetShardIteratorCommand(start));
    for (let behind = 1; behind > 0;) {
      const answer = await kinesis.send(new GetRecordsCommand({ StreamARN, ShardIterator }));
      for (const { Data } of answer.Records ?? []) yield JSON.parse(Buffer.from(Data ?? []).toString()) as Message;
      ShardIterator = answer.NextShardIterator;
      behind = answer.MillisBehindLatest ?? 0;
    }
  }
}

export async function onStream(kinesis: KinesisClient, streamArn: string): Promise<OnStream> {
  const loads = new Map<string, number>();
  const changes = new Map<string, Set<string>>();
  for await (const { metadata } of messages(kinesis, streamArn)) {
    if (metadata["record-type"] !== "data") continue;
    const table = metadata["table-name"] ?? "";
    if (metadata["operation"] === "load") {
      loads.set(table, (loads.get(table) ?? 0) + 1);
      continue;
    }
    const positions = changes.get(table) ?? new Set<string>();
    changes.set(table, positions.add(`${metadata["stream-position"]} ${metadata["transaction-record-id"]}`));
  }
  return {
    loads: (table) => loads.get(table) ?? 0,
    changes: (table) => changes.get(table)?.size ?? 0,
  };
}
