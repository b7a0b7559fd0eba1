/**
 * The moment from which the services' filters are in force. A changed mapping is read with "eventually": Lambda takes up to
 * 90 seconds to stop and restart its reading (Lambda guide, "Polling and stream starting positions"), and what the old filter
 * skips until then is skipped for good. So when a service follows a further table, the deployment waits here, after the
 * mappings and before the task that puts the table's rows on the stream. A new service needs no wait: its mapping has its
 * filter from the first record on. Neither does a table that goes: what still comes of it is ignored.
 *
 * Pulumi serializes the provider below into the state and runs it from there: plain functions only.
 */
import * as pulumi from "@pulumi/pulumi";

/** Names of the followed tables, by service. */
export type Follows = Readonly<Record<string, readonly string[]>>;

export interface FiltersArgs {
  readonly follows: Follows;
  /** Seconds to wait. */
  readonly seconds: number;
}

/** Whether a service that is there already follows a table more. */
export const isWider = (before: Follows, after: Follows): boolean =>
  Object.entries(after).some(([service, tables]) => {
    const known = before[service];
    return known !== undefined && tables.some((table) => !known.includes(table));
  });

const provider: pulumi.dynamic.ResourceProvider<FiltersArgs, FiltersArgs> = {
  async create(inputs) {
    return { id: "filters", outs: inputs };
  },
  async diff(_id, olds, news) {
    return { changes: JSON.stringify(olds.follows) !== JSON.stringify(news.follows) };
  },
  // What is broken off here is not written down: the next `pulumi up` waits anew.
  async update(_id, olds, news) {
    if (isWider(olds.follows, news.follows)) await new Promise((resolve) => setTimeout(resolve, news.seconds * 1000));
    return { outs: news };
  },
};

export class Filters extends pulumi.dynamic.Resource {
  constructor(name: string, args: FiltersArgs, options: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, options);
  }
}
