-- title: Schedule lead time
-- question: How many days ahead do people see their shifts?
-- owner: product
-- unit: days
-- grain: week
-- chart: line
-- draws: average_days_ahead
-- Assigned shifts, from their publication to their start. The average is of the
-- published ones, the percentages are of all: a draft is seen by nobody. Weeks
-- to come are shown as they stand today.
with
  planned as (
    select
      week,
      is_published,
      cast(date_diff('hour', published_at, starts_at) as double) / 24
        as days_ahead
    from planned_shifts
    where not is_open
  )

select
  week,
  count(*) as shifts,
  round(avg(days_ahead), 1) as average_days_ahead,
  round(100e0 * count_if(days_ahead >= 7) / count(*), 1)
    as percent_a_week_ahead,
  round(100e0 * count_if(days_ahead >= 14) / count(*), 1)
    as percent_two_weeks_ahead,
  round(100e0 * count_if(not is_published) / count(*), 1)
    as percent_unpublished
from planned
group by week
order by week
