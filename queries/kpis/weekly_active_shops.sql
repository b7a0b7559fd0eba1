-- title: Weekly active shops
-- question: How many shops published at least one shift for the week?
-- owner: product
-- unit: shops
-- grain: week
-- chart: line
-- draws: active_shops, planning_shops
-- Active is a shop with a published shift, filled or open; planning is one with
-- any, drafts included. Weeks to come are shown as they stand today.
with
  planned as (
    select
      week,
      shop_id,
      user_id,
      is_published
    from planned_shifts
  )

select
  week,
  count(distinct if(is_published, shop_id)) as active_shops,
  count(distinct shop_id) as planning_shops,
  count(distinct if(is_published, user_id)) as scheduled_people
from planned
group by week
order by week
