/** Whether the heartbeat beats, if the model has one. */
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Table } from "../../../model";
import { quotedTable, tableKey, type Finding } from "../finding";
import type { Measured, Server } from "../source";

/** Seconds. It beats once a minute. */
const STILL = 300;

/** Of a table that the model describes as the heartbeat: a key of one integer, and the time. */
const firstBeat = (model: Table): string => `INSERT INTO ${quotedTable(model)} VALUES (1, now());`;

/** The statements that make it. */
export function heartbeatSql(model: Table): string {
  const columns = model.columns.map(({ name, type }) => {
    const role = model.key.includes(name) ? "PRIMARY KEY" : "NOT NULL";
    return `${escapeIdentifier(name)} ${type} ${role}`;
  });
  return `CREATE TABLE ${quotedTable(model)} (${columns.join(", ")});\n${firstBeat(model)}`;
}

const schedule = (model: Table, beat: string, database: string): string => {
  const update = `UPDATE ${quotedTable(model)} SET ${escapeIdentifier(beat)} = now()`;
  return `SELECT cron.schedule_in_database('tributary-heartbeat', '* * * * *', ${escapeLiteral(update)}, ${escapeLiteral(database)});`;
};

export function heartbeat({ secondsSinceBeat: seconds }: Measured, model: Table, { database }: Server): Finding[] {
  const { heartbeat: beat } = model;
  if (beat === undefined || seconds === undefined || (seconds !== null && seconds <= STILL)) return [];
  const at = { check: "heartbeat-still", level: "warning", table: tableKey(model), columns: [beat] } as const;
  const consequence = "The alarm heartbeat-missing will come, and says nothing of the pipe.";
  if (seconds === null) {
    return [
      {
        ...at,
        what: `The heartbeat has no row that could be updated. ${consequence}`,
        fix: "Put it in, and have it updated once a minute.",
        sql: firstBeat(model),
      },
    ];
  }
  return [
    {
      ...at,
      what: `The last heartbeat is ${Math.round(seconds / 60).toLocaleString("en")} minutes old: nobody beats. ${consequence}`,
      fix:
        "Have it updated once a minute: by pg_cron, in whose database (postgres, if nobody has set another) this is to be run, " +
        "or by whatever runs regularly anyway.",
      sql: schedule(model, beat, database),
    },
  ];
}
