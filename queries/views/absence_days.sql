-- comment: One row per person and day of an absence, approved or undecided
-- Refused ones are none. Of each absence three years at most: a longer one has
-- no end yet, and a mistyped year must not stop every query. One that ends
-- before it begins is mistyped, too: its first day counts.
with
  asked as (
    select
      user_id,
      kind,
      approved,
      starts_on,
      greatest(
        starts_on,
        least(ends_on, starts_on + interval '1095' day)
      ) as ends_on
    from absences
    where coalesce(approved, true)
  )

select
  asked.user_id,
  days.day,
  cast(date_trunc('month', days.day) as date) as month,
  -- Of the approved one, where there is one.
  coalesce(min(if(asked.approved, asked.kind)), min(asked.kind)) as kind,
  bool_or(asked.approved is not null) as is_approved,
  bool_or(asked.approved is null) as is_undecided
from asked
cross join unnest(sequence(asked.starts_on, asked.ends_on)) as days (day)
group by asked.user_id, days.day
