-- title: No-shows
-- question: For how many published shifts did nobody clock in?
-- owner: operations
-- unit: %
-- grain: week
-- chart: line
-- draws: no_show_percent
-- Assigned shifts that were over at the last punch known, of shops and days
-- where somebody clocked in: elsewhere nobody could tell. Whoever was clocked
-- in at that shop at any time of the shift has come, so one clock-in is enough
-- for two shifts in a row. A clock-in that no clock-out follows counts for an
-- hour. Leave is no excuse: the shift stood without its person.
with
  clocked_days as (
    select distinct
      shop_id,
      cast(punched_at as date) as day
    from punches
    where direction = 'in'
  ),

  present as (
    select
      punches.shop_id,
      punches.user_id,
      punches.punched_at as started_at,
      coalesce(
        worked_sessions.ended_at,
        punches.punched_at + interval '1' hour
      ) as ended_at
    from punches
    left join worked_sessions
      on worked_sessions.shop_id = punches.shop_id
      and worked_sessions.user_id = punches.user_id
      and worked_sessions.started_at = punches.punched_at
    where punches.direction = 'in'
  ),

  expected as (
    select
      planned_shifts.shift_id,
      planned_shifts.shop_id,
      planned_shifts.week,
      planned_shifts.user_id,
      planned_shifts.starts_at,
      planned_shifts.ends_at
    from planned_shifts
    cross join reporting_day
    inner join clocked_days
      on clocked_days.shop_id = planned_shifts.shop_id
      and clocked_days.day = planned_shifts.day
    where planned_shifts.is_published
      and not planned_shifts.is_open
      and planned_shifts.ends_at <= reporting_day.known_until
  ),

  seen as (
    select
      expected.shift_id,
      expected.week,
      count(present.started_at) as times
    from expected
    left join present
      on present.shop_id = expected.shop_id
      and present.user_id = expected.user_id
      and present.started_at < expected.ends_at
      and present.ended_at > expected.starts_at
    group by expected.shift_id, expected.week
  )

select
  week,
  count(*) as shifts,
  count_if(times = 0) as no_shows,
  round(100e0 * count_if(times = 0) / count(*), 1) as no_show_percent
from seen
group by week
order by week
