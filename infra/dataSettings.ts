/** The settings of the data stack. docs/configuration.md describes them for people; Pulumi.data.yaml shows them. */
import { accountId, list, settings, text, whole } from "./settings";

const principal = text(
  "the ARN of a role or user, in which * stands for anything, such as arn:aws:iam::222222222222:role/analyst-*",
  /^arn:aws:iam::\d{12}:(role|user)\/[\w+=,.@/*-]+$/,
);

export const dataShape = {
  prodAccountId: accountId,
  dataAccountId: accountId,
  /** The production stack, as `pulumi stack ls` names it. */
  prodStack: text("the production stack, such as organization/tributary/prod", /^[^/]+\/[^/]+\/[^/]+$/),
  access: settings({
    /** Who may take the role of analysts. Left out: whoever has the permission set TributaryAnalyst of Identity Center. */
    analysts: list(principal, 1, "at least one ARN of a role or user").optional(),
    /** Who may take the role of data engineers. Left out: the permission set TributaryDataEngineer. */
    engineers: list(principal, 1, "at least one ARN of a role or user").optional(),
    /** Who works on the lake with permissions of his own: deploys, repairs; may take the emitter's role. Beside the account's root. */
    operators: list(principal, 0, "ARNs of roles or users").default([]),
  }).prefault({}),
  /** Losses in the lake's columns that somebody has decided on, in the words of the message that asked (docs/schema-changes.md). */
  lakeDecisions: list(
    text("a decision such as changes_users.badge: text as string -> dropped"),
    0,
    "a list of decisions",
  ).default([]),
  /**
   * Days from which a full load in use is old, and an alarm says so: what lies between two loads of production's schedule, and
   * one more. A compaction, which stands for a load of a service's own table, becomes four days old.
   */
  lateLoadDays: whole(5, 366).default(8),
  /** Addresses that are sent the alarms. */
  alarmEmails: list(text("an address such as data@example.com", /^[^@\s]+@[^@\s]+$/), 0, "addresses").default([]),
  /** The stack's own name allows what holds data to be deleted (docs/operations.md). */
  allowDeletion: text("the name of the stack").optional(),
};
