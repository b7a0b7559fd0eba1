-- title: People who use the product
-- question: What part of the people with an account was here lately?
-- owner: product
-- unit: %
-- grain: role
-- chart: bar
-- draws: percent_in_a_week, percent_in_four_weeks, percent_never
-- Active accounts; seen is the last time in the product, until today.
with
  people as (
    select
      users.role,
      date_diff(
        'day',
        cast(users.last_seen_at as date),
        reporting_day.today
      ) as days_ago
    from users
    cross join reporting_day
    where users.active
  )

select
  role,
  count(*) as people,
  round(100e0 * count_if(days_ago < 7) / count(*), 1)
    as percent_in_a_week,
  round(100e0 * count_if(days_ago < 28) / count(*), 1)
    as percent_in_four_weeks,
  round(100e0 * count_if(days_ago is null) / count(*), 1)
    as percent_never
from people
group by role
order by people desc, role
