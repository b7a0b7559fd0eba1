/** What the users of the sample monolith do, each as one transaction of a few statements. */
import type { Random } from "./random";

export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** The part of the sample that one writer has to itself, so that writers never wait for, or deadlock with, one another. */
export interface Territory {
  readonly random: Random;
  /** A user that only this writer touches. */
  user(): number;
  /** A shop that only this writer touches. */
  shop(): number;
  /** A number that no other row or writer has. */
  fresh(): number;
}

export interface Transaction {
  readonly statements: readonly Statement[];
  /** Ends in a rollback: nothing of it may be seen anywhere. */
  readonly rolledBack?: boolean;
}

const FIRST_SHIFT = 9_007_199_254_740_993n;

const planShift = (territory: Territory, user: number): Statement => ({
  text: `insert into shifts
    select $1, shop_id, id, start, start + interval '6 hours 15 minutes', 30, 1 / ($2::double precision + 3), null, $3, clock_timestamp()
    from users, (select timestamptz '2026-11-23 06:00:00Z' + $4 * interval '1 hour' as start) as planned where id = $5`,
  values: [
    String(FIRST_SHIFT + BigInt(territory.fresh())),
    territory.random.below(1000),
    territory.random.of([null, "", "Nouveau ✓", "x".repeat(3000)]),
    territory.random.below(400),
    user,
  ],
});

/** Some shifts of the user, by a random part of their keys. */
const some = (parts: number, part: number): string => `user_id = $1 and mod(id, ${parts}) = ${part}`;

const plan = (territory: Territory): Transaction => {
  const user = territory.user();
  return { statements: Array.from({ length: 3 + territory.random.below(8) }, () => planShift(territory, user)) };
};

const reschedule = ({ random, user }: Territory): Transaction => ({
  statements: [
    {
      text: `update shifts set starts_at = starts_at + interval '45 minutes', ends_at = ends_at + interval '45 minutes',
        workload = workload * 1.1, updated_at = clock_timestamp() where ${some(2, random.below(2))}`,
      values: [user()],
    },
  ],
});

/** The same rows several times in one transaction: only the position inside it tells which is the last. */
const publish = ({ user }: Territory): Transaction => {
  const values = [user()];
  return {
    statements: [
      { text: "update shifts set published_at = clock_timestamp() where user_id = $1", values },
      { text: "update shifts set break_minutes = break_minutes + 1 where user_id = $1", values },
      { text: "update shifts set updated_at = clock_timestamp() where user_id = $1", values },
    ],
  };
};

const clearNotes = ({ user }: Territory): Transaction => ({
  statements: [{ text: "update shifts set note = null where user_id = $1 and note is not null", values: [user()] }],
});

const cancel = ({ random, user }: Territory): Transaction => ({
  statements: [{ text: `delete from shifts where ${some(4, random.below(4))}`, values: [user()] }],
});

/** Deletes rows and inserts their keys again in the same transaction, with other values. */
const replace = ({ random, user }: Territory): Transaction => {
  const which = some(3, random.below(3));
  const values = [user()];
  return {
    statements: [
      { text: `create temporary table again on commit drop as select * from shifts where ${which}`, values },
      { text: `delete from shifts where ${which}`, values },
      {
        text: `insert into shifts select id, shop_id, null, starts_at, ends_at, 15, null, null, 'again', clock_timestamp()
          from again`,
      },
    ],
  };
};

/** Leaves the terms alone: where they are long, PostgreSQL does not log them. */
const raise = ({ random, user }: Territory): Transaction => ({
  statements: [
    {
      text: "update contracts set hourly_wage = hourly_wage + $2::numeric, updated_at = clock_timestamp() where user_id = $1",
      values: [user(), `0.${1 + random.below(9)}000000001`],
    },
  ],
});

/** Other terms, long, short or empty. */
const renegotiate = ({ random, user }: Territory): Transaction => ({
  statements: [
    {
      text: `update contracts set terms = $2, signed = null, weekly_hours = 28.5 where user_id = $1`,
      values: [user(), random.of(["", "Short.", random.uuid().repeat(120)])],
    },
  ],
});

/** The key changes, and the terms come along without being logged. Twice in a row, sometimes. */
const rekey = ({ random, user }: Territory): Transaction => {
  const owner = user();
  const once = (): Statement => ({
    text: `update contracts set id = md5(id::text || $2)::uuid where user_id = $1`,
    values: [owner, random.uuid()],
  });
  return { statements: random.chance(0.3) ? [once(), once()] : [once()] };
};

const moveAbsence = (territory: Territory): Transaction => ({
  statements: [
    {
      text: `update absences set starts_on = date '2026-12-01' + $2::int, ends_on = date '2026-12-04' + $2::int where user_id = $1`,
      // A day that this person had no absence on, in the years to come.
      values: [territory.user(), territory.fresh() % 1000],
    },
  ],
});

const decide = ({ random, user }: Territory): Transaction => ({
  statements: [
    {
      text: "update absences set approved = $2 where user_id = $1",
      values: [user(), random.of([true, false, null])],
    },
  ],
});

/** A person, a contract and shifts, in one transaction over three tables. */
const hire = (territory: Territory): Transaction => {
  const { random } = territory;
  const user = territory.fresh();
  const terms = random.of(["", "Standard.", random.uuid().repeat(100)]);
  return {
    statements: [
      {
        text: `insert into users values ($1, $2, $3, 'Noé', 'D''Été', null, '', 'employee', array['new', null, 'a,"b'], null, '\\x00ff10', true, '2026-11-23', null)`,
        values: [user, random.uuid(), territory.shop()],
      },
      {
        text: `insert into contracts values ($1, $2, $3, 'student', 12, 11.8800000001, '2026-11-23', null, $4, null, clock_timestamp())`,
        values: [random.uuid(), user, territory.shop(), terms],
      },
      planShift(territory, user),
      planShift(territory, user),
    ],
  };
};

const leave = ({ user }: Territory): Transaction => {
  const values = [user()];
  return {
    statements: [
      { text: "update users set active = false where id = $1", values },
      { text: "update contracts set ends_on = '2026-11-30' where user_id = $1", values },
      { text: "delete from shifts where user_id = $1 and starts_at > '2026-11-01'", values },
      { text: "delete from absences where user_id = $1", values },
    ],
  };
};

/** The sample's last day. */
const SUNDAY = "timestamp '2026-11-22 00:00:00'";

/** From null to empty and back, in columns that are no large objects. */
const profile = ({ random, user }: Territory): Transaction => ({
  statements: [
    {
      text: `update users set phone = $2, locale = $3, last_seen_at = ${SUNDAY} + $4 * interval '0.000001 seconds' where id = $1`,
      values: [
        user(),
        random.of([null, "", "+41 44 000 00 00"]),
        random.of([null, "rm", ""]),
        random.below(86_400_000_000),
      ],
    },
  ],
});

const settings = ({ random, shop }: Territory): Transaction => ({
  statements: [
    {
      text: `update shops set settings = settings || jsonb_build_object('note', $2::text, 'factor', 1.10::numeric),
        tags = array[$2::text, null], city = $3, updated_at = clock_timestamp() where id = $1`,
      values: [shop(), random.of(['"quoted" \\ slash', "ünï ☕", ""]), random.of([null, "", "Genève"])],
    },
  ],
});

const regret = ({ user }: Territory): Transaction => ({
  statements: [
    { text: "update shifts set note = 'never happened' where user_id = $1", values: [user()] },
    { text: "delete from absences where user_id = $1", values: [user()] },
  ],
  rolledBack: true,
});

const KINDS: readonly ((territory: Territory) => Transaction)[] = [
  ...[plan, plan, reschedule, reschedule, publish, clearNotes, cancel, replace, raise, raise, renegotiate, rekey],
  ...[moveAbsence, decide, hire, leave, profile, profile, settings, regret],
];

export const nextTransaction = (territory: Territory): Transaction => territory.random.of(KINDS)(territory);
