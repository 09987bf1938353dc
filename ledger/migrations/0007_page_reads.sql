-- Up Migration

-- Who paused or halted a symbol or the account, and when, for whoever comes to look. Partial as those of 0006: no fill touches it.
create index journal_control on journal (symbol, seq) where kind in ('mode', 'risk');

-- What had been paid in, less what was taken out, when the day's reference equity was fixed: what is moved later is no profit.
alter table account add column reference_net_deposits numeric;
-- When cash was moved is not known for the day that runs: it counts as before the reference.
update account set reference_net_deposits = deposits - withdrawals where reference_day is not null;
