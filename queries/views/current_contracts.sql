-- comment: The contract that each person has today, the latest of several
with
  running as (
    select
      contracts.id as contract_id,
      contracts.user_id,
      contracts.shop_id,
      contracts.kind,
      contracts.weekly_hours,
      contracts.hourly_wage,
      contracts.starts_on,
      contracts.ends_on,
      contracts.signed,
      row_number() over (
        partition by contracts.user_id
        order by contracts.starts_on desc, contracts.id
      ) as place
    from contracts
    cross join reporting_day
    where contracts.starts_on <= reporting_day.today
      and (
        contracts.ends_on is null
        or contracts.ends_on >= reporting_day.today
      )
  )

select
  contract_id,
  user_id,
  shop_id,
  kind,
  weekly_hours,
  hourly_wage,
  starts_on,
  ends_on,
  signed
from running
where place = 1
