-- title: Open shifts to fill
-- question: How many shifts from today on have nobody yet?
-- owner: customer success
-- unit: shifts
-- grain: week
-- chart: bar
-- draws: open_shifts
-- Drafts included. Hours are paid hours.
with
  upcoming as (
    select
      planned_shifts.week,
      planned_shifts.shop_id,
      planned_shifts.hours,
      planned_shifts.is_open
    from planned_shifts
    cross join reporting_day
    where planned_shifts.day >= reporting_day.today
  )

select
  week,
  count(*) as shifts,
  count_if(is_open) as open_shifts,
  round(100e0 * count_if(is_open) / count(*), 1) as open_percent,
  round(sum(if(is_open, hours, 0)), 1) as open_hours,
  count(distinct if(is_open, shop_id)) as shops_with_open_shifts
from upcoming
group by week
order by week
