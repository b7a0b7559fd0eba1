-- comment: Every assigned shift with the contract its person had on that day
-- Of several contracts the one that began last counts. Without any, the
-- contract's columns are empty.
with
  assigned as (
    select
      shift_id,
      shop_id,
      user_id,
      day,
      week,
      month,
      hours
    from planned_shifts
    where not is_open
  ),

  matched as (
    select
      assigned.shift_id,
      assigned.shop_id,
      assigned.user_id,
      assigned.day,
      assigned.week,
      assigned.month,
      assigned.hours,
      contracts.id as contract_id,
      contracts.kind,
      contracts.weekly_hours,
      contracts.hourly_wage,
      contracts.signed,
      row_number() over (
        partition by assigned.shift_id
        order by contracts.starts_on desc, contracts.id
      ) as place
    from assigned
    left join contracts
      on contracts.user_id = assigned.user_id
      and contracts.starts_on <= assigned.day
      and (contracts.ends_on is null or contracts.ends_on >= assigned.day)
  )

select
  shift_id,
  shop_id,
  user_id,
  day,
  week,
  month,
  hours,
  contract_id,
  kind,
  weekly_hours,
  hourly_wage,
  signed
from matched
where place = 1
