-- title: Planned and worked hours
-- question: Do people work what was planned for them?
-- owner: customer success
-- unit: hours
-- grain: week
-- chart: line
-- draws: planned_hours, worked_hours
-- Whole weeks before the running one, and only shops where somebody worked in
-- that week: elsewhere nobody could tell. Planned is what was published and
-- assigned. Unpaid breaks are in both figures: a shift counts from its start to
-- its end, and nobody clocks out for a break. Work without a clock-out is
-- missing.
with
  worked as (
    select
      worked_sessions.week,
      worked_sessions.shop_id,
      sum(worked_sessions.hours) as hours
    from worked_sessions
    cross join reporting_day
    where worked_sessions.week < date_trunc('week', reporting_day.today)
    group by worked_sessions.week, worked_sessions.shop_id
  ),

  planned as (
    select
      week,
      shop_id,
      sum(cast(date_diff('minute', starts_at, ends_at) as double) / 60)
        as hours
    from planned_shifts
    where is_published
      and not is_open
    group by week, shop_id
  )

select
  worked.week,
  count(*) as shops,
  round(sum(coalesce(planned.hours, 0)), 1) as planned_hours,
  round(sum(worked.hours), 1) as worked_hours,
  round(
    100 * sum(worked.hours) / nullif(sum(coalesce(planned.hours, 0)), 0),
    1
  ) as worked_percent
from worked
left join planned
  on planned.week = worked.week
  and planned.shop_id = worked.shop_id
group by worked.week
order by worked.week
