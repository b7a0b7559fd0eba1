-- title: Planned overtime
-- question: How many hours are planned beyond people's contracts?
-- owner: people operations
-- unit: hours
-- grain: week
-- chart: bar
-- draws: overtime_hours
-- Assigned shifts, drafts included, of people under contract on that day: paid
-- hours of the week less the contract's weekly ones, the greater ones where the
-- contract changed in the week. What one person has less makes up for nobody's
-- more.
with
  person_weeks as (
    select
      week,
      user_id,
      sum(hours) as planned_hours,
      max(cast(weekly_hours as double)) as contract_hours
    from shift_contracts
    where contract_id is not null
    group by week, user_id
  )

select
  week,
  count(*) as people,
  count_if(planned_hours > contract_hours) as people_with_overtime,
  round(sum(greatest(planned_hours - contract_hours, 0)), 1)
    as overtime_hours,
  round(
    100 * sum(greatest(planned_hours - contract_hours, 0))
      / nullif(sum(planned_hours), 0),
    1
  ) as percent_of_planned
from person_weeks
group by week
order by week
