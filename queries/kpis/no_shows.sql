-- title: No-shows
-- question: For how many published shifts did nobody clock in?
-- owner: operations
-- unit: %
-- grain: week
-- chart: line
-- draws: no_show_percent
-- Of shops and days where somebody clocked in: elsewhere nobody could tell. A
-- clock-in from an hour before the shift until its end counts.
with
  clock_ins as (
    select
      shop_id,
      user_id,
      punched_at
    from punches
    where direction = 'in'
  ),

  clocked_days as (
    select distinct
      shop_id,
      cast(punched_at as date) as day
    from clock_ins
  ),

  expected as (
    select
      planned_shifts.shift_id,
      planned_shifts.week,
      planned_shifts.user_id,
      planned_shifts.starts_at,
      planned_shifts.ends_at
    from planned_shifts
    inner join clocked_days
      on clocked_days.shop_id = planned_shifts.shop_id
      and clocked_days.day = planned_shifts.day
    where planned_shifts.is_published
      and not planned_shifts.is_open
  ),

  seen as (
    select
      expected.shift_id,
      expected.week,
      count(clock_ins.punched_at) as clock_ins
    from expected
    left join clock_ins
      on clock_ins.user_id = expected.user_id
      and clock_ins.punched_at >= expected.starts_at - interval '1' hour
      and clock_ins.punched_at < expected.ends_at
    group by expected.shift_id, expected.week
  )

select
  week,
  count(*) as shifts,
  count_if(clock_ins = 0) as no_shows,
  round(100e0 * count_if(clock_ins = 0) / count(*), 1) as no_show_percent
from seen
group by week
order by week
