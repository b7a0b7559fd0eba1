-- comment: Every shift with its day, week, month (UTC) and paid hours
with
  measured as (
    select
      id as shift_id,
      shop_id,
      user_id,
      starts_at,
      ends_at,
      published_at,
      greatest(
        date_diff('minute', starts_at, ends_at) - break_minutes,
        0
      ) as paid_minutes
    from shifts
  )

select
  shift_id,
  shop_id,
  user_id,
  starts_at,
  ends_at,
  published_at,
  cast(starts_at as date) as day,
  cast(date_trunc('week', starts_at) as date) as week,
  cast(date_trunc('month', starts_at) as date) as month,
  cast(paid_minutes as double) / 60 as hours,
  user_id is null as is_open,
  published_at is not null as is_published
from measured
