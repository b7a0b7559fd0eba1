-- comment: One row per person and day of an approved absence
-- Of each absence three years at most: a longer one has no end yet, and a
-- mistyped year must not stop every query.
with
  approved as (
    select
      user_id,
      kind,
      starts_on,
      least(ends_on, starts_on + interval '1095' day) as ends_on
    from absences
    where approved
      and ends_on >= starts_on
  )

select
  approved.user_id,
  days.day,
  cast(date_trunc('month', days.day) as date) as month,
  min(approved.kind) as kind
from approved
cross join unnest(sequence(approved.starts_on, approved.ends_on)) as days (day)
group by approved.user_id, days.day
