-- comment: Today, as far as the data know: the day of the latest punch
-- Plans reach into the future, punches do not. Where nobody clocks in, it is
-- the day of the last shift. A query that stands on it gives the same answer
-- for the same data, whenever it runs.
with
  last_punch as (
    select cast(max(punched_at) as date) as day
    from punches
  ),

  last_shift as (
    select cast(max(starts_at) as date) as day
    from shifts
  )

select coalesce(last_punch.day, last_shift.day) as today
from last_punch
cross join last_shift
