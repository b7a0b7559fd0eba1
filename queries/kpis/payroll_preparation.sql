-- title: Payroll preparation
-- question: What is still open before the month's payroll can be prepared?
-- owner: payroll
-- unit: people
-- grain: month
-- chart: table
-- Everybody with a shift in the month. Somebody may be ready but for several
-- things, and is counted under each.
with
  person_months as (
    select
      month,
      user_id,
      bool_or(contract_id is null) as lacks_contract,
      bool_or(contract_id is not null and not coalesce(signed, false))
        as lacks_signature,
      bool_or(contract_id is not null and hourly_wage is null)
        as lacks_wage
    from shift_contracts
    group by month, user_id
  ),

  undecided as (
    select distinct
      cast(date_trunc('month', starts_on) as date) as month,
      user_id
    from absences
    where approved is null
  ),

  checked as (
    select
      person_months.month,
      person_months.lacks_contract,
      person_months.lacks_signature,
      person_months.lacks_wage,
      undecided.user_id is not null as has_undecided_absence
    from person_months
    left join undecided
      on undecided.month = person_months.month
      and undecided.user_id = person_months.user_id
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
