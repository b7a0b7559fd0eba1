-- comment: Today, as far as the data know: the day of the latest punch
-- Plans reach into the future, punches do not: one that is dated later than the
-- clock is the mistake of a terminal and does not count. Where nobody clocks
-- in, it is the last shift that has begun, and if none has, the last one. What
-- stands on it gives the same answer for the same data, whenever it runs.
-- `known_until` is that punch's or shift's moment, `today` the day of it (UTC).
with
  last_punch as (
    select max(punched_at) as moment
    from punches
    where punched_at <= localtimestamp
  ),

  last_shift as (
    select
      max(if(starts_at <= localtimestamp, starts_at)) as begun,
      max(starts_at) as planned
    from shifts
  ),

  latest as (
    select
      coalesce(
        last_punch.moment,
        last_shift.begun,
        last_shift.planned
      ) as moment
    from last_punch
    cross join last_shift
  )

select
  cast(moment as date) as today,
  moment as known_until
from latest
