/** The tables of all accounts, and who may use them. */
import { isAwsManaged } from "../../core/keys";
import { AwsError, type Call, type ConditionContext, type Scope } from "../../core/service";
import type { EventStream, StreamSource } from "../../core/streams";
import type { ChangeStream } from "./changeStream";
import { tableNotFound, validation } from "./errors";
import { keyAttributes } from "./keys";
import type { Table } from "./table";

const ARN = /^arn:aws:dynamodb:([a-z0-9-]+):(\d{12}):table\/([A-Za-z0-9_.-]{3,255})$/;

export class Tables implements StreamSource {
  private readonly byArn = new Map<string, Table>();
  private readonly streams = new Map<string, ChangeStream>();

  add(table: Table): void {
    if (this.byArn.has(table.arn)) {
      throw new AwsError("ResourceInUseException", `Table already exists: ${table.name}`);
    }
    this.byArn.set(table.arn, table);
    this.remember(table);
  }

  /** Makes the table's stream known. */
  remember({ stream }: Table): void {
    if (stream !== undefined) this.streams.set(stream.arn, stream);
  }

  remove(table: Table): void {
    table.close();
    this.byArn.delete(table.arn);
    for (const [arn, stream] of this.streams) {
      if (stream.options.tableArn === table.arn) this.streams.delete(arn);
    }
  }

  table(arn: string): Table | undefined {
    return this.byArn.get(arn);
  }

  all(): readonly Table[] {
    return [...this.byArn.values()];
  }

  in({ account, region }: Scope): readonly Table[] {
    return this.all().filter(({ scope }) => scope.account === account && scope.region === region);
  }

  stream(arn: string): EventStream | undefined {
    return this.streams.get(arn);
  }

  changeStream(arn: string): ChangeStream | undefined {
    return this.streams.get(arn);
  }

  changeStreams({ account, region }: Scope): readonly ChangeStream[] {
    return [...this.streams.values()].filter(({ options }) => options.account === account && options.region === region);
  }
}

/** The ARN of a table that a request names, by its name or its ARN. */
export function tableArn(name: unknown, { account, region }: Scope): string {
  if (typeof name === "string" && name.startsWith("arn:") && ARN.test(name)) return name;
  if (typeof name !== "string" || !/^[A-Za-z0-9_.-]{1,255}$/.test(name)) {
    throw validation(
      `1 validation error detected: Value '${String(name)}' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+`,
    );
  }
  return `arn:aws:dynamodb:${region}:${account}:table/${name}`;
}

/** What a policy's conditions may ask of a request about items. */
export interface Asked {
  /** Of the items, that the request names; those of the key are added. */
  readonly attributes: Iterable<string>;
  readonly context?: ConditionContext;
}

/** A caller's way to the tables in one request. Asks once for each action on each table, unless the request says more. */
export class Access {
  private readonly granted = new Map<string, Table>();

  constructor(
    private readonly tables: Tables,
    readonly call: Call,
  ) {}

  /** The table behind `name`, if the caller may do `action` (`PutItem`) on it and use its key. */
  table(name: unknown, action: string, asked?: Asked): Table {
    const memo = `${action} ${String(name)}`;
    const known = asked === undefined ? this.granted.get(memo) : undefined;
    if (known !== undefined) return known;
    const table = this.described(name, action, asked);
    // DynamoDB decrypts the table's own key as the caller, for writing too (guide, "DynamoDB encryption at rest").
    const { keyArn } = table.settings;
    if (keyArn !== undefined && !isAwsManaged(keyArn)) {
      const { account, region } = table.scope;
      this.call.authorize("kms:Decrypt", keyArn, {
        "kms:ViaService": `dynamodb.${region}.amazonaws.com`,
        "kms:EncryptionContext:aws:dynamodb:tableName": table.name,
        "kms:EncryptionContext:aws:dynamodb:subscriberId": account,
      });
    }
    this.granted.set(memo, table);
    return table;
  }

  /** The same for an action that reads no items. */
  described(name: unknown, action: string, asked?: Asked): Table {
    const arn = tableArn(name, this.call);
    const table = this.tables.table(arn);
    const keys = table === undefined ? [] : keyAttributes(table.schema).map((attribute) => attribute.name);
    const attributes = asked && [...new Set([...keys, ...asked.attributes])].sort();
    this.call.authorize(
      `dynamodb:${action}`,
      arn,
      attributes && { ...asked?.context, "dynamodb:Attributes": attributes },
    );
    if (table === undefined) throw tableNotFound();
    return table;
  }
}
