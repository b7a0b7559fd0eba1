-- title: Feature adoption
-- question: Which features did shops switch on, by plan?
-- owner: product
-- unit: %
-- grain: plan
-- chart: bar
-- draws: clocking_percent, payroll_percent, messages_percent
-- Active shops. A feature that the settings do not mention is off.
with
  switches as (
    select
      coalesce(json_extract_scalar(settings, '$.plan'), 'none') as plan,
      json_extract_scalar(settings, '$.features.clocking') as clocking,
      json_extract_scalar(settings, '$.features.payroll') as payroll,
      json_extract_scalar(settings, '$.features.messages') as messages
    from shops
    where active
  )

select
  plan,
  count(*) as shops,
  round(100e0 * count_if(clocking = 'true') / count(*), 1)
    as clocking_percent,
  round(100e0 * count_if(payroll = 'true') / count(*), 1)
    as payroll_percent,
  round(100e0 * count_if(messages = 'true') / count(*), 1)
    as messages_percent
from switches
group by plan
order by shops desc, plan
