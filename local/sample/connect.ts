/** A connection to the monolith, as its own application has one. */
import { Client } from "pg";
import type { Postgres } from "../postgres";

export async function connect({ url }: Postgres): Promise<Client> {
  const client = new Client({ connectionString: url });
  // A server that goes away fails the query under way, or the next one: an idle connection need not end the process.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}
