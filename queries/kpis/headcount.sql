-- title: Headcount
-- question: How many people are under contract, and how many came and left?
-- owner: people operations
-- unit: people
-- grain: month
-- chart: line
-- At the end of each of the last twelve months; of the running one, today.
-- Somebody whose next contract begins the day after the last one stays. Whoever
-- comes and leaves within a month counts as neither.
with
  months as (
    select
      cast(starts.month as date) as month,
      least(
        cast(starts.month + interval '1' month - interval '1' day as date),
        reporting_day.today
      ) as last_day
    from reporting_day
    cross join unnest(
      sequence(
        date_trunc('month', reporting_day.today - interval '11' month),
        date_trunc('month', reporting_day.today),
        interval '1' month
      )
    ) as starts (month)
  ),

  contract_months as (
    select
      months.month,
      contracts.user_id,
      bool_or(
        contracts.starts_on <= months.last_day
        and (
          contracts.ends_on is null
          or contracts.ends_on >= months.last_day
        )
      ) as is_here_at_end,
      bool_or(contracts.starts_on < months.month) as was_here_before
    from months
    inner join contracts
      on contracts.starts_on <= months.last_day
      and (
        contracts.ends_on is null
        or contracts.ends_on >= months.month - interval '1' day
      )
    group by months.month, contracts.user_id
  )

select
  month,
  count_if(is_here_at_end) as people,
  count_if(is_here_at_end and not was_here_before) as joined,
  count_if(was_here_before and not is_here_at_end) as departed
from contract_months
group by month
order by month
