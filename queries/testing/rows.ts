/** A small lake, by hand: three shops, five people, ten weeks. Its last punch is on Wednesday 2026-03-18. */
type Row = Readonly<Record<string, unknown>>;

const at = (day: string, time: string): string => `2026-${day}T${time}:00.000000Z`;

const shop = (id: number, name: string, active: boolean, created: string, settings: object): Row => ({
  id,
  name,
  city: null,
  timezone: "Europe/Paris",
  opens_at: "08:00:00.000000",
  settings: JSON.stringify(settings),
  tags: null,
  active,
  created_at: `${created}T09:00:00.000000Z`,
  updated_at: "2026-01-01T00:00:00.000000",
});

const person = (id: number, shop_id: number, role: string, active: boolean, seen: string | null): Row => ({
  id,
  public_id: `00000000-0000-0000-0000-${String(id).padStart(12, "0")}`,
  shop_id,
  role,
  active,
  hired_on: "2025-01-01",
  last_seen_at: seen === null ? null : `2026-${seen}T12:00:00.000000`,
});

const contract = (id: string, user_id: number, shop_id: number, kind: string, change: Row): Row => ({
  id,
  user_id,
  shop_id,
  kind,
  ends_on: null,
  signed: true,
  updated_at: at("01-01", "00:00"),
  ...change,
});

/** Of a shift: shop, person, day, from and to, unpaid minutes, when it was published. */
const shift = (
  id: number,
  shop_id: number,
  user_id: number | null,
  day: string,
  [from, to]: readonly [string, string],
  break_minutes: number,
  published_at: string | null,
): Row => ({
  // Beyond 2^53, as text: Firehose reads it as a number.
  id: String(9007199254740993n + BigInt(id)),
  shop_id,
  user_id,
  starts_at: at(day, from),
  ends_at: at(day, to),
  break_minutes,
  published_at,
  updated_at: at("01-01", "00:00"),
});

const punch = (id: number, shop_id: number, user_id: number, direction: string, punched_at: string): Row => ({
  id: `00000000-0000-0000-0000-${String(id).padStart(12, "0")}`,
  shop_id,
  user_id,
  shift_id: null,
  direction,
  punched_at,
});

const absence = (user_id: number, starts_on: string, ends_on: string, kind: string, approved: boolean | null): Row => ({
  user_id,
  starts_on: `2026-${starts_on}`,
  ends_on: `2026-${ends_on}`,
  kind,
  approved,
  requested_at: at("01-01", "00:00"),
});

export const ROWS: Readonly<Record<string, readonly Row[]>> = {
  shops: [
    shop(1, "Port", true, "2025-02-10", { plan: "team", features: { clocking: true, payroll: false, messages: true } }),
    shop(2, "Gare", true, "2025-05-20", { plan: "free", features: { clocking: false, payroll: false } }),
    shop(3, "Fermé", false, "2025-01-05", { plan: "team", features: { clocking: true } }),
  ],
  users: [
    person(10, 1, "owner", true, "03-17"),
    person(11, 1, "employee", true, "03-01"),
    person(12, 1, "employee", true, null),
    person(20, 2, "owner", true, "02-20"),
    person(21, 2, "employee", false, "03-18"),
  ],
  contracts: [
    contract("a", 11, 1, "permanent", { weekly_hours: "10.00", hourly_wage: "12.5000000000", starts_on: "2026-01-01" }),
    contract("b", 12, 1, "student", {
      weekly_hours: "5.00",
      hourly_wage: "11.0000000000",
      starts_on: "2025-06-01",
      ends_on: "2026-02-15",
    }),
    // Follows the one before it without a gap; has neither wage nor signature.
    contract("c", 12, 1, "student", {
      weekly_hours: "5.00",
      hourly_wage: null,
      starts_on: "2026-02-16",
      signed: false,
    }),
    contract("d", 21, 2, "fixed_term", {
      weekly_hours: "20.00",
      hourly_wage: "20.0000000000",
      starts_on: "2025-10-01",
      ends_on: "2026-03-10",
    }),
  ],
  shifts: [
    // Weeks of 01-19 and 02-02.
    shift(1, 1, 11, "01-20", ["08:00", "12:00"], 0, at("01-13", "08:00")),
    shift(2, 2, 21, "02-03", ["09:00", "19:00"], 0, at("01-20", "09:00")),
    // Week of 03-09: published 7 and 14 days and 12 hours ahead, and not at all.
    shift(3, 1, 11, "03-09", ["08:00", "14:30"], 30, at("03-02", "08:00")),
    shift(4, 1, 11, "03-10", ["08:00", "14:00"], 0, at("02-24", "08:00")),
    shift(5, 1, 12, "03-11", ["10:00", "12:00"], 0, at("03-10", "22:00")),
    shift(6, 2, 21, "03-10", ["09:00", "13:00"], 0, null),
    // Week of 03-16: one open, one of somebody whose contract has ended.
    shift(7, 1, 11, "03-16", ["08:00", "14:00"], 0, at("03-09", "08:00")),
    shift(8, 1, 12, "03-18", ["10:00", "16:15"], 15, at("03-16", "10:00")),
    shift(9, 1, null, "03-19", ["08:00", "12:00"], 0, at("03-16", "10:00")),
    shift(10, 2, 21, "03-17", ["09:00", "13:00"], 0, null),
    // Week of 03-23: drafts.
    shift(11, 1, 11, "03-24", ["08:00", "12:00"], 0, null),
    shift(12, 1, null, "03-25", ["08:00", "11:00"], 0, null),
  ],
  punches: [
    punch(1, 1, 11, "in", at("03-09", "07:55")),
    punch(2, 1, 11, "out", at("03-09", "14:25")),
    // At the very end of the shift, and never out: no session, and no show.
    punch(3, 1, 12, "in", at("03-11", "12:00")),
    punch(4, 1, 11, "out", at("03-12", "08:00")),
    // 18 hours: a clock-out was forgotten.
    punch(5, 2, 20, "in", at("03-14", "06:00")),
    punch(6, 2, 20, "out", at("03-15", "00:00")),
    punch(7, 1, 11, "in", at("03-16", "09:30")),
    punch(8, 1, 11, "out (corrected) ✓", at("03-16", "14:00")),
    // An hour before the shift.
    punch(9, 1, 12, "in", at("03-18", "09:00")),
    punch(10, 1, 12, "out", at("03-18", "15:30")),
  ],
  absences: [
    absence(11, "03-12", "03-13", "sick_leave", true),
    absence(12, "03-02", "03-06", "paid_leave", true),
    // Two of its three days are in the one before already.
    absence(12, "03-05", "03-07", "unpaid_leave", true),
    absence(11, "03-20", "03-21", "paid_leave", null),
    absence(21, "02-10", "02-12", "paid_leave", false),
    // Has not begun.
    absence(11, "03-30", "04-01", "paid_leave", true),
  ],
};

const FUTURE = { starts_at: "2999-01-07T08:00:00.000000Z", ends_at: "2999-01-07T12:00:00.000000Z" };
const published = at("03-01", "08:00");
const paid = { weekly_hours: "10.00", hourly_wage: "12.0000000000", starts_on: "2026-01-01" };

/** Another lake, of what is easily counted wrongly. Its last punch, but for a mistaken one, is on 2026-03-18 at noon. */
export const AWKWARD = {
  shifts: [
    // Two in a row, the second with a break.
    shift(1, 1, 11, "03-09", ["08:00", "12:00"], 0, published),
    shift(2, 1, 11, "03-09", ["12:00", "16:00"], 30, published),
    // Its person works in the other shop meanwhile.
    shift(3, 1, 12, "03-10", ["08:00", "12:00"], 0, published),
    // Its person forgets to clock out.
    shift(4, 1, 11, "03-10", ["08:00", "12:00"], 0, published),
    // A draft.
    shift(5, 1, 13, "03-10", ["08:00", "12:00"], 0, null),
    // Of the last day: over, going on, to come.
    shift(6, 1, 11, "03-18", ["08:00", "12:00"], 0, published),
    shift(7, 1, 13, "03-18", ["09:00", "13:00"], 0, published),
    shift(8, 1, 13, "03-18", ["14:00", "18:00"], 0, published),
  ],
  /** Shifts that nobody lives to see. */
  distant: [{ ...shift(9, 1, 13, "03-18", ["08:00", "12:00"], 0, published), ...FUTURE }],
  punches: [
    punch(1, 1, 11, "in", at("03-09", "08:00")),
    punch(2, 1, 11, "out", at("03-09", "16:00")),
    punch(3, 1, 11, "in", at("03-10", "07:30")),
    punch(4, 2, 12, "in", at("03-10", "08:00")),
    punch(5, 2, 12, "out", at("03-10", "12:00")),
    punch(6, 1, 11, "in", at("03-18", "08:00")),
    punch(7, 1, 11, "out", at("03-18", "12:00")),
    // Of a terminal with a wrong clock.
    punch(8, 1, 12, "in", FUTURE.starts_at),
    punch(9, 1, 12, "out", FUTURE.ends_at),
  ],
  contracts: [
    contract("a", 11, 1, "permanent", paid),
    contract("b", 12, 1, "fixed_term", { ...paid, ends_on: "2026-03-11" }),
    contract("c", 13, 1, "permanent", paid),
    contract("d", 15, 2, "permanent", { ...paid, signed: false }),
  ],
  absences: [
    // Goes on when the contract has ended.
    absence(12, "03-01", "03-31", "sick_leave", true),
    // Of two months, undecided.
    absence(11, "02-20", "03-20", "paid_leave", null),
    // Without any shift: one approved, one refused.
    absence(15, "03-02", "03-04", "paid_leave", true),
    absence(14, "03-02", "03-04", "paid_leave", false),
    // Ends before it begins.
    absence(15, "03-20", "03-19", "paid_leave", null),
    // Of the month to come.
    absence(13, "04-10", "04-11", "paid_leave", true),
  ],
} satisfies Readonly<Record<string, readonly Row[]>>;
