-- Rows of the sample monolith. Every value is a hash of its row's number, so that each run has the same rows.
-- :shops, :users, :shifts are the sizes. The sample's last week is that of Monday 2026-11-16.
create schema sample;

-- A number from 0 to below `bound`, for row `n`; `salt` tells columns apart.
create function sample.pick(n bigint, salt int, bound bigint) returns bigint
  language sql immutable as 'select (hashint8extended(n, salt) & 9223372036854775807) % bound';

create function sample.choose(n bigint, salt int, choices text[]) returns text
  language sql immutable as 'select choices[1 + sample.pick(n, salt, cardinality(choices))]';

-- Text of about `size` bytes that does not compress.
create function sample.prose(n bigint, size int) returns text
  language sql immutable as
  $$select string_agg(md5(n || '-' || part), ' ' order by part) from generate_series(1, size / 33) as part$$;

insert into shops
select
  n,
  sample.choose(n, 1, '{Café du Port,Bäckerei Müller,La Piazza,東京ラーメン,Le Grand Hôtel,Pharmacie Centrale,Мясная лавка,"O''Brien''s \"Pub\""}') || ' ' || n,
  case sample.pick(n, 2, 12) when 0 then null when 1 then '' else sample.choose(n, 3, '{Paris,Lyon,Bordeaux,Lille,Nantes,Strasbourg,Toulouse,Zürich}') end,
  sample.choose(n, 4, '{Europe/Paris,Europe/Zurich,Europe/Berlin,America/Martinique}'),
  time '05:00' + sample.pick(n, 5, 5 * 3600) * interval '1 second' + sample.pick(n, 6, 1000000) * interval '1 microsecond',
  jsonb_build_object(
    'plan', sample.choose(n, 7, '{free,team,business}'),
    'features', jsonb_build_object(
      'clocking', sample.pick(n, 8, 3) > 0, 'payroll', sample.pick(n, 9, 2) = 0, 'messages', sample.pick(n, 10, 4) = 0),
    'overtime_factor', 1 + sample.pick(n, 11, 100)::numeric / 100,
    'greeting', sample.choose(n, 12, '{"Grüezi 👋","say \"hi\"","back\\\\slash",null}')),
  case sample.pick(n, 13, 5) when 0 then null when 1 then '{}' else array[sample.choose(n, 14, '{food,retail,hotel,health}'), 'a,b "c" {d}', null] end,
  sample.pick(n, 15, 20) > 0,
  timestamptz '2022-01-01 00:00:00Z' + sample.pick(n, 16, 100000000) * interval '1 second' + sample.pick(n, 17, 1000000) * interval '1 microsecond',
  timestamp '2026-08-01 00:00:00' + sample.pick(n, 18, 6000000) * interval '1 second'
from generate_series(1, :shops) as n;

insert into users
select
  n,
  md5('user ' || n)::uuid,
  1 + n % :shops,
  sample.choose(n, 21, '{Zoë,José,Anaïs,Łukasz,Nguyễn,Ola,Léa,Tom,😀mile,Ада}'),
  sample.choose(n, 22, '{Martin,Dubois,O''Neill,García,Müller,Иванова,Σωκράτης,van der Berg}'),
  case when sample.pick(n, 23, 8) > 0 then 'user' || n || '@example.org' end,
  case sample.pick(n, 24, 6) when 0 then null when 1 then '' else '+33 6 ' || lpad(sample.pick(n, 25, 100000000)::text, 8, '0') end,
  (case when n <= :shops then 'owner' when sample.pick(n, 26, 12) = 0 then 'manager' else 'employee' end)::user_role,
  case sample.pick(n, 27, 4) when 0 then null when 1 then '{}' else array[sample.choose(n, 28, '{bar,kitchen,till,night}'), sample.choose(n, 29, '{first aid,forklift,allergens}')] end,
  case when sample.pick(n, 30, 10) > 0 then sample.choose(n, 31, '{fr,de,it,en-GB}') end,
  case sample.pick(n, 32, 3) when 0 then null when 1 then ''::bytea else decode(md5('badge ' || n), 'hex') end,
  sample.pick(n, 33, 15) > 0,
  date '2019-01-01' + sample.pick(n, 34, 2700)::int,
  case when sample.pick(n, 35, 5) > 0 then timestamp '2026-11-01' + sample.pick(n, 36, 1900000) * interval '1 second' + sample.pick(n, 37, 1000000) * interval '1 microsecond' end
from generate_series(1, :users) as n;

-- One contract for everybody, and an earlier one for some. One in twenty carries terms of several kilobytes.
insert into contracts
select
  md5('contract ' || n)::uuid,
  1 + n % :users,
  1 + (1 + n % :users) % :shops,
  sample.choose(n, 41, '{permanent,permanent,permanent,fixed_term,student}')::contract_kind,
  sample.choose(n, 42, '{35.00,39.00,24.50,12.25,20.00}')::numeric(5, 2),
  case when sample.pick(n, 43, 9) > 0 then 11.88 + sample.pick(n, 44, 300000000000)::numeric / 10000000000 end,
  date '2021-01-01' + sample.pick(n, 45, 1900)::int,
  case when sample.pick(n, 46, 3) = 0 then date '2026-10-01' + sample.pick(n, 47, 300)::int end,
  case when sample.pick(n, 48, 20) = 0 then sample.prose(n, 4000 + sample.pick(n, 49, 4000)::int)
    when sample.pick(n, 50, 4) = 0 then null when sample.pick(n, 51, 4) = 0 then '' else E'Standard terms.\nTab\there, quote " here.' end,
  case sample.pick(n, 52, 4) when 0 then null when 1 then false else true end,
  timestamptz '2026-06-01 00:00:00Z' + sample.pick(n, 53, 12000000) * interval '1 second' + sample.pick(n, 54, 1000000) * interval '1 microsecond'
from generate_series(1, :users + :users / 12) as n;

-- Twelve weeks of shifts. Keys beyond 2^53: no double can hold them.
insert into shifts
select
  9007199254740993 + n,
  1 + staff % :shops,
  case when sample.pick(n, 61, 25) > 0 then staff end,
  starts,
  starts + (3 + sample.pick(n, 62, 6)) * interval '1 hour' + sample.pick(n, 63, 4) * interval '15 minutes',
  sample.choose(n, 64, '{0,20,30,45}')::smallint,
  case when sample.pick(n, 65, 6) > 0 then sample.pick(n, 66, 1000000) / 999983.0::double precision end,
  case when sample.pick(n, 67, 12) > 0 then starts - (2 + sample.pick(n, 68, 20)) * interval '1 day' + sample.pick(n, 69, 1000000) * interval '1 microsecond' end,
  case sample.pick(n, 70, 8) when 0 then 'Bring the keys 🔑' when 1 then '' when 2 then 'Côté terrasse; "VIP"' end,
  starts - interval '1 day'
from generate_series(1, :shifts) as n,
  lateral (select 1 + sample.pick(n, 71, :users) as staff) as who,
  lateral (select timestamptz '2026-08-31 05:00:00Z' + sample.pick(n, 72, 84) * interval '1 day' + sample.pick(n, 73, 52) * interval '15 minutes' as starts) as planned;

insert into absences
select
  n,
  date '2026-08-31' + sample.pick(n, 81, 84)::int,
  date '2026-08-31' + sample.pick(n, 81, 84)::int + sample.pick(n, 82, 10)::int,
  sample.choose(n, 83, '{paid_leave,paid_leave,sick_leave,unpaid_leave,parental_leave}')::absence_kind,
  case sample.pick(n, 84, 5) when 0 then null when 1 then false else true end,
  case sample.pick(n, 85, 3) when 0 then null when 1 then '' else 'Family reasons, naïve café' end,
  case when sample.pick(n, 86, 10) = 0 then decode(replace(sample.prose(n, 3000), ' ', ''), 'hex') end,
  timestamptz '2026-08-01 00:00:00Z' + sample.pick(n, 87, 5000000) * interval '1 second' + sample.pick(n, 88, 1000000) * interval '1 microsecond'
from generate_series(1, :users) as n
where sample.pick(n, 80, 10) > 0;

analyze;
