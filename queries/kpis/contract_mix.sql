-- title: Contract mix
-- question: On which kinds of contract do people work today?
-- owner: people operations
-- unit: people
-- grain: kind of contract
-- chart: bar
-- draws: people
-- The contract that counts today, the latest of several. Averages are over
-- contracts, the wage's over those that have one.
with
  running as (
    select
      kind,
      cast(weekly_hours as double) as weekly_hours,
      cast(hourly_wage as double) as hourly_wage
    from current_contracts
  )

select
  kind,
  count(*) as people,
  round(100e0 * count(*) / sum(count(*)) over (), 1) as percent,
  round(avg(weekly_hours), 2) as average_weekly_hours,
  round(avg(hourly_wage), 2) as average_hourly_wage,
  count_if(hourly_wage is null) as without_wage
from running
group by kind
order by people desc, kind
