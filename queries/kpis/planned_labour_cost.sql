-- title: Planned labour cost
-- question: What do the planned shifts cost each shop this month, in wages?
-- owner: finance
-- unit: EUR
-- grain: shop and month
-- chart: table
-- Gross wages of assigned shifts, drafts included and unpaid breaks left out,
-- in the month of the reporting day and the one before it. Hours without a wage
-- are shown, not guessed.
with
  months as (
    select
      date_trunc('month', today - interval '1' month) as first_month,
      date_trunc('month', today) as last_month
    from reporting_day
  ),

  costs as (
    select
      month,
      shop_id,
      count(distinct user_id) as people,
      sum(hours) as hours,
      sum(hours * cast(hourly_wage as double)) as cost,
      sum(if(hourly_wage is null, hours, 0)) as hours_without_wage
    from shift_contracts
    group by month, shop_id
  )

select
  costs.month,
  costs.shop_id,
  shops.name as shop,
  costs.people,
  round(costs.hours, 1) as planned_hours,
  round(costs.cost, 2) as cost,
  round(costs.cost / nullif(costs.hours - costs.hours_without_wage, 0), 2)
    as cost_per_hour,
  round(costs.hours_without_wage, 1) as hours_without_wage
from costs
cross join months
inner join shops
  on shops.id = costs.shop_id
where costs.month between months.first_month and months.last_month
order by costs.month desc, costs.cost desc nulls last, costs.shop_id
