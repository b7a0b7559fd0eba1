create extension if not exists hstore;
create type mood as enum ('sad', 'ok', 'très content');
create table everything (
  id bigint primary key,
  c_smallint smallint, c_integer integer, c_bigint bigint,
  c_numeric numeric(30, 10), c_numeric_38 numeric(38), c_number numeric,
  c_real real, c_double double precision, c_boolean boolean,
  c_char char(3), c_varchar varchar(40), c_text text,
  c_json json, c_jsonb jsonb, c_array text[], c_hstore hstore, c_xml xml, c_tsvector tsvector,
  c_bytea bytea, c_uuid uuid, c_enum mood,
  c_date date, c_time time, c_timetz timetz, c_timestamp timestamp, c_timestamptz timestamptz, c_interval interval,
  c_inet inet, c_cidr cidr, c_macaddr macaddr, c_bit bit(4), c_varbit varbit(9), c_range int4range
);
-- before the load: nothing; the least; the greatest; zero and empty; ordinary; to be deleted
insert into everything (id) values (1);
insert into everything values (
  -999999999999999999,
  -32768, -2147483648, -999999999999999999,
  -99999999999999999999.9999999999, -99999999999999999999999999999999999999, -0.00000000000000000000000000000000000000000001,
  -3.4028235e38, -1.7976931348623157e308, false,
  'a', 'O''Brien "quoted" \ back', E'tab\tnewline\nreturn\r \u00e9\u4e1c\U0001F600',
  '{"a" : 1.10, "a": 2}', '{"big": 12345678901234567890.10, "n": null}', array['', null, 'NULL', 'a,b', '{x}', '"q"', '\'],
  'a=>1, "b c"=>NULL', '<a b="c">é</a>', 'fat:2 cat:1A',
  '\x00ff10', '00000000-0000-0000-0000-000000000000', 'très content',
  '0001-01-01', '00:00:00', '00:00:00+14', '0001-01-01 00:00:00', '0001-01-01 00:00:00Z', '-178000 years',
  '::1/128', '10.0.0.0/8', '08:00:2b:01:02:03', B'0000', B'', 'empty'
);
insert into everything values (
  999999999999999999,
  32767, 2147483647, 9007199254740993,
  99999999999999999999.9999999999, 99999999999999999999999999999999999999, 123456789012345678901234567890123456789012345.000100,
  1.17549435e-38, 5e-324, true,
  'abc', repeat('é', 40), repeat('long ', 2000),
  '[]', '[1, "2", {"3": [true, false, null]}]', '{{a,b},{c,d}}', '', '<x/>', '',
  decode(repeat('0123456789abcdef', 500), 'hex'), 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'sad',
  '9999-12-31', '23:59:59.999999', '23:59:59.999999-14', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999Z', '1 mon -3 days 04:05:06.000007',
  '192.168.0.1', '2001:db8::/32', 'ff:ff:ff:ff:ff:ff', B'1111', B'101010101', '[1,10)'
);
insert into everything values (
  0, 0, 0, 0, 0, 0, 0.000, 0, '-0', false, '', '', '', 'null', '""', '{}', '', '', '', '', '12345678-9abc-def0-1234-56789abcdef0', 'ok',
  '1970-01-01', '12:00', '12:00+00', '1970-01-01', '1970-01-01Z', '0', '0.0.0.0', '0.0.0.0/0', '00:00:00:00:00:00', B'0101', B'1', '(,)'
);
insert into everything values (
  42, 1, 2, 123456789012345678, 1234.5000000000, 7, 1.10, 0.1, 0.1, true, 'x', 't', 'true', '{"k": "v"}', '{"k": 1.10}', array['a'],
  'k=>v', '<p>text</p>', 'word', '\xdeadbeef', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'ok',
  '2026-11-24', '10:20:30.5', '10:20:30.5+01', '2026-11-24 10:20:30.123456', '2026-11-24 10:20:30.1+02', '1 day',
  '10.1.2.3/24', '10.1.2.0/24', '08:00:2b:01:02:04', B'0110', B'0', '[5,)'
);
insert into everything (id, c_text) values (43, 'will go');
-- after the load: the same values as inserts and updates, a value for each null, and a delete
insert into everything select case id when 42 then 1042 when 0 then 100 else id + 1 end, c_smallint, c_integer, c_bigint, c_numeric, c_numeric_38, c_number,
  c_real, c_double, c_boolean, c_char, c_varchar, c_text, c_json, c_jsonb, c_array, c_hstore, c_xml, c_tsvector, c_bytea, c_uuid, c_enum,
  c_date, c_time, c_timetz, c_timestamp, c_timestamptz, c_interval, c_inet, c_cidr, c_macaddr, c_bit, c_varbit, c_range
from everything where id in (0, -999999999999999999, 42);
update everything set c_smallint = 7, c_boolean = true, c_numeric = 0.1, c_timestamptz = '2026-01-01 00:00:00.000001Z', c_text = '' where id = 1;
update everything set c_integer = null, c_double = null, c_date = null where id = 999999999999999999;
update everything set (c_number, c_bytea, c_json, c_array) = (select c_number, c_bytea, c_json, c_array from everything where id = 999999999999999999) where id = 42;
delete from everything where id = 43;
