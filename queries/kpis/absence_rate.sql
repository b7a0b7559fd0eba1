-- title: Absence rate
-- question: What part of the days under contract are people absent, and why?
-- owner: people operations
-- unit: %
-- grain: month
-- chart: line
-- draws: absence_percent, sick_percent, paid_leave_percent
-- Days of the calendar, of this month until today and the two before it.
-- Somebody with two contracts, or two absences, at a time counts once. An
-- absence must be approved, and counts on days under contract only.
with
  person_days as (
    select distinct
      contracts.user_id,
      days.day
    from contracts
    cross join reporting_day
    cross join unnest(
      sequence(
        date_trunc('month', reporting_day.today - interval '2' month),
        reporting_day.today
      )
    ) as days (day)
    where contracts.starts_on <= days.day
      and (contracts.ends_on is null or contracts.ends_on >= days.day)
  ),

  contract_days as (
    select
      date_trunc('month', day) as month,
      count(distinct user_id) as people,
      count(*) as days
    from person_days
    group by date_trunc('month', day)
  ),

  absent as (
    select
      absence_days.month,
      count(*) as days,
      count_if(absence_days.kind = 'sick_leave') as sick_days,
      count_if(absence_days.kind = 'paid_leave') as paid_days
    from absence_days
    inner join person_days
      on person_days.user_id = absence_days.user_id
      and person_days.day = absence_days.day
    where absence_days.is_approved
    group by absence_days.month
  )

select
  contract_days.month,
  contract_days.people,
  coalesce(absent.days, 0) as absent_days,
  round(100e0 * coalesce(absent.days, 0) / contract_days.days, 2)
    as absence_percent,
  round(100e0 * coalesce(absent.sick_days, 0) / contract_days.days, 2)
    as sick_percent,
  round(100e0 * coalesce(absent.paid_days, 0) / contract_days.days, 2)
    as paid_leave_percent
from contract_days
left join absent
  on absent.month = contract_days.month
order by contract_days.month
