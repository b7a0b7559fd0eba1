-- title: Planned and worked hours
-- question: Do people work what was planned for them?
-- owner: customer success
-- unit: hours
-- grain: week
-- chart: line
-- draws: planned_hours, worked_hours
-- Only shops where somebody clocked in that week: elsewhere nobody could tell.
with
  worked as (
    select
      week,
      shop_id,
      sum(hours) as hours
    from worked_sessions
    group by week, shop_id
  ),

  planned as (
    select
      week,
      shop_id,
      sum(hours) as hours
    from planned_shifts
    where not is_open
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
