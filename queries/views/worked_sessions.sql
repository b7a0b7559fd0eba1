-- comment: From a clock-in to the next clock-out of the same person and shop
-- Whoever forgets to clock out has no session. A session of more than 16 hours
-- is a forgotten clock-out, too.
with
  ordered as (
    select
      shop_id,
      user_id,
      direction,
      punched_at,
      lead(direction) over (
        partition by shop_id, user_id
        order by punched_at, id
      ) as next_direction,
      lead(punched_at) over (
        partition by shop_id, user_id
        order by punched_at, id
      ) as next_at
    from punches
  )

select
  shop_id,
  user_id,
  punched_at as started_at,
  next_at as ended_at,
  cast(date_trunc('week', punched_at) as date) as week,
  cast(date_trunc('month', punched_at) as date) as month,
  cast(date_diff('second', punched_at, next_at) as double) / 3600 as hours
from ordered
where direction = 'in'
  -- A corrected one says so after the word.
  and next_direction like 'out%'
  and next_at <= punched_at + interval '16' hour
