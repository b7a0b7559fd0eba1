-- The sample monolith: what a Rails application for staff scheduling keeps in PostgreSQL. model/monolith.ts describes it.
create type user_role as enum ('employee', 'manager', 'owner');
create type contract_kind as enum ('permanent', 'fixed_term', 'student');
create type absence_kind as enum ('paid_leave', 'sick_leave', 'unpaid_leave', 'parental_leave');

create table shops (
  id bigint primary key,
  name text not null,
  city varchar(80),
  timezone text not null,
  opens_at time not null,
  settings jsonb not null,
  tags text[],
  active boolean not null,
  created_at timestamptz not null,
  updated_at timestamp not null
);

create table users (
  id bigint primary key,
  public_id uuid not null,
  shop_id bigint not null references shops (id),
  first_name text not null,
  last_name text not null,
  email text,
  phone varchar(40),
  role user_role not null,
  skills text[],
  locale varchar(8),
  badge bytea,
  active boolean not null,
  hired_on date not null,
  last_seen_at timestamp
);
create index on users (shop_id);

create table contracts (
  id uuid primary key,
  user_id bigint not null references users (id),
  shop_id bigint not null references shops (id),
  kind contract_kind not null,
  weekly_hours numeric(5, 2) not null,
  hourly_wage numeric(30, 10),
  starts_on date not null,
  ends_on date,
  terms text,
  signed boolean,
  updated_at timestamptz not null
);
create index on contracts (user_id);
-- Long terms go out of line uncompressed, so that an update that leaves them alone does not log them again.
alter table contracts alter column terms set storage external;

create table shifts (
  id bigint primary key,
  shop_id bigint not null references shops (id),
  user_id bigint references users (id),
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  break_minutes smallint not null,
  workload double precision,
  published_at timestamptz,
  note text,
  updated_at timestamptz not null
);
create index on shifts (shop_id);
create index on shifts (user_id);
-- People clear the note of a shift: only with the whole row in the log can a reader tell that from "unchanged".
alter table shifts replica identity full;

create table absences (
  user_id bigint not null references users (id),
  starts_on date not null,
  ends_on date not null,
  kind absence_kind not null,
  approved boolean,
  comment text,
  certificate bytea,
  requested_at timestamptz not null,
  primary key (user_id, starts_on)
);

-- Set to the time once a minute, by pg_cron in a company: docs/operations.md.
create table heartbeat (
  id smallint primary key,
  beat_at timestamptz not null
);
insert into heartbeat values (1, now());
