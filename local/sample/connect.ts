/** A connection to the monolith, as its own application has one. */
import { Client } from "pg";
import type { Postgres } from "../postgres";

export async function connect({ url }: Postgres): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}
