/** The tables that are replicated. A table stands here, or nowhere: everything else derives from this list. */
import * as monolith from "./monolith";
import { describeTable, MONOLITH } from "./table";
import type { Table } from "./table";

export const tables: readonly Table[] = [
  describeTable(MONOLITH, monolith.shops, {
    comment: "One row per shop that plans its staff with us",
    comments: { opens_at: "Local time at which the first shift may begin", settings: "Feature switches, JSON" },
  }),
  describeTable(MONOLITH, monolith.users, {
    comment: "One row per person with an account",
    // The badge opens the terminal to whoever can send the same.
    private: ["first_name", "last_name", "email", "phone", "badge"],
    pseudonym: ["public_id"],
    comments: { public_id: "The id that outside systems see" },
  }),
  describeTable(MONOLITH, monolith.contracts, {
    comment: "One row per employment contract; a person may have several, one after the other",
    // Labour cost is counted by shop, payroll looks for contracts without a wage: both need every wage, and people without
    // their names. The terms are clauses of a template: where yours name anybody, make them private.
    open: ["hourly_wage", "terms"],
    comments: { weekly_hours: "Hours a week", hourly_wage: "Gross, in euros an hour", ends_on: "Empty if permanent" },
  }),
  describeTable(MONOLITH, monolith.shifts, {
    replicaIdentityFull: true,
    // Whatever somebody wants to say to one person, or of one.
    private: ["note"],
    comment: "One row per planned shift; without user_id it is still to be filled",
    comments: { break_minutes: "Unpaid, minutes", published_at: "When the people saw it; empty while it is a draft" },
  }),
  describeTable(MONOLITH, monolith.absences, {
    comment: "One row per absence of a person, by its first day",
    // The comment says why somebody is absent, as the certificate does.
    private: ["comment", "certificate"],
    comments: { approved: "Empty until somebody decides" },
  }),
  describeTable(MONOLITH, monolith.heartbeat, {
    heartbeat: "beat_at",
    comment: "One row, updated once a minute: what the lake has of it says how old the lake is",
  }),
];
