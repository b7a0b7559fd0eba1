/** The command line of preflight. */
import { parseArgs } from "node:util";
import { CannotLook, messageOf } from "./errors";

export interface Options {
  readonly url?: string;
  readonly stack?: string;
  readonly ca?: string;
  readonly json: boolean;
  readonly help: boolean;
}

export const HELP = `npm run preflight -- [options]

Reads the catalog of the source database and the model, and says what would go wrong, with the fix. It changes nothing.

  -s, --stack <name>  The stack whose settings count: Pulumi.<name>.yaml. Connects with the secret of its tributary:source,
                      by the AWS credentials of the environment. Default: prod.
      --url <url>     Connects there instead: postgres://user:password@host:port/database
      --ca <file>     Certificates of those who may vouch for the server (PEM), in the place of the stack's. With neither the
                      connection is encrypted, but the server not verified. For RDS:
                      https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
      --json          Prints one JSON object.
  -h, --help          Prints this.

Without --stack and --url, DATABASE_URL counts, or PGHOST with PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE and
PGSSLROOTCERT. Connect as the replication user: grants are checked for whom you connect as.

Exit code: 0 no errors (warnings and notes there may be), 1 errors, 2 could not look.
docs/preflight.md describes every finding.`;

/** @throws CannotLook for an option that is none. */
export function readOptions(argv: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        url: { type: "string" },
        stack: { type: "string", short: "s" },
        ca: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values;
  } catch (error) {
    throw new CannotLook(`${messageOf(error)}\n\n${HELP}`);
  }
}
