-- title: Shop retention
-- question: Of the shops that joined in a quarter, how many still plan today?
-- owner: product
-- unit: %
-- grain: quarter of joining
-- chart: bar
-- draws: percent_planning
-- Planning is to have a shift, drafts included, in the four weeks until today.
-- A customer that is no longer active does not plan.
with
  planning as (
    select distinct planned_shifts.shop_id
    from planned_shifts
    cross join reporting_day
    where planned_shifts.day > reporting_day.today - interval '28' day
      and planned_shifts.day <= reporting_day.today
  ),

  cohorts as (
    select
      cast(date_trunc('quarter', shops.created_at) as date) as quarter,
      shops.active,
      planning.shop_id is not null as is_planning
    from shops
    left join planning
      on planning.shop_id = shops.id
  )

select
  quarter,
  count(*) as joined,
  count_if(active) as still_customers,
  count_if(active and is_planning) as still_planning,
  round(100e0 * count_if(active and is_planning) / count(*), 1)
    as percent_planning
from cohorts
group by quarter
order by quarter
