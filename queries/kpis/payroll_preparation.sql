-- title: Payroll preparation
-- question: What is still open before the month's payroll can be prepared?
-- owner: payroll
-- unit: people
-- grain: month
-- chart: table
-- Everybody with an assigned shift (drafts, too) or an absence in the month, up
-- to the running one. An absence concerns each month that it reaches into; a
-- refused one concerns none. On each of those days there must be a contract,
-- signed and with a wage. Somebody may be ready but for several things, and is
-- counted under each.
with
  absent as (
    select
      absence_days.month,
      absence_days.user_id,
      absence_days.is_undecided,
      contracts.id as contract_id,
      contracts.signed,
      contracts.hourly_wage,
      row_number() over (
        partition by absence_days.user_id, absence_days.day
        order by contracts.starts_on desc, contracts.id
      ) as place
    from absence_days
    left join contracts
      on contracts.user_id = absence_days.user_id
      and contracts.starts_on <= absence_days.day
      and (
        contracts.ends_on is null
        or contracts.ends_on >= absence_days.day
      )
  ),

  paid_days as (
    select
      month,
      user_id,
      contract_id,
      signed,
      hourly_wage,
      false as is_undecided
    from shift_contracts
    union all
    select
      month,
      user_id,
      contract_id,
      signed,
      hourly_wage,
      is_undecided
    from absent
    where place = 1
  ),

  checked as (
    select
      paid_days.month,
      paid_days.user_id,
      bool_or(paid_days.contract_id is null) as lacks_contract,
      bool_or(
        paid_days.contract_id is not null
        and not coalesce(paid_days.signed, false)
      ) as lacks_signature,
      bool_or(
        paid_days.contract_id is not null
        and paid_days.hourly_wage is null
      ) as lacks_wage,
      bool_or(paid_days.is_undecided) as has_undecided_absence
    from paid_days
    cross join reporting_day
    where paid_days.month <= reporting_day.today
    group by paid_days.month, paid_days.user_id
  )

select
  month,
  count(*) as people,
  count_if(
    not (
      lacks_contract
      or lacks_signature
      or lacks_wage
      or has_undecided_absence
    )
  ) as ready,
  count_if(lacks_contract) as without_contract,
  count_if(lacks_signature) as contract_unsigned,
  count_if(lacks_wage) as without_wage,
  count_if(has_undecided_absence) as absence_undecided
from checked
group by month
order by month
