-- title: Churn signals
-- question: Which shops plan much less than before, or are no longer looked at?
-- owner: customer success
-- unit: shops
-- grain: shop
-- chart: table
-- Active shops. Planned hours, drafts and open shifts included, of the last
-- four whole weeks against the four before them, and the days since a manager
-- or owner was seen. Listed are shops that lost more than a third of their
-- hours or whose managers were away for more than two weeks, or never seen.
with
  weeks as (
    select
      today,
      date_trunc('week', today) as this_week,
      date_trunc('week', today) - interval '28' day as recent,
      date_trunc('week', today) - interval '56' day as before
    from reporting_day
  ),

  planned as (
    select
      planned_shifts.shop_id,
      sum(if(planned_shifts.week >= weeks.recent, planned_shifts.hours, 0))
        as recent_hours,
      sum(if(planned_shifts.week < weeks.recent, planned_shifts.hours, 0))
        as earlier_hours
    from planned_shifts
    cross join weeks
    where planned_shifts.week >= weeks.before
      and planned_shifts.week < weeks.this_week
    group by planned_shifts.shop_id
  ),

  managers as (
    select
      shop_id,
      max(cast(last_seen_at as date)) as last_seen_on
    from users
    where active
      and role in ('manager', 'owner')
    group by shop_id
  ),

  signals as (
    select
      shops.id as shop_id,
      shops.name as shop,
      json_extract_scalar(shops.settings, '$.plan') as plan,
      coalesce(planned.recent_hours, 0) as recent_hours,
      coalesce(planned.earlier_hours, 0) as earlier_hours,
      date_diff('day', managers.last_seen_on, weeks.today)
        as days_since_manager
    from shops
    cross join weeks
    left join planned
      on planned.shop_id = shops.id
    left join managers
      on managers.shop_id = shops.id
    where shops.active
  )

select
  shop_id,
  shop,
  plan,
  round(recent_hours, 1) as recent_hours,
  round(earlier_hours, 1) as earlier_hours,
  round(
    100 * (recent_hours - earlier_hours) / nullif(earlier_hours, 0),
    1
  ) as change_percent,
  days_since_manager
from signals
where recent_hours < earlier_hours * 2 / 3
  or days_since_manager > 14
  or days_since_manager is null
order by recent_hours - earlier_hours, shop_id
