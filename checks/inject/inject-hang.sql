-- inject-hang.sql: a call was made to fail, and the program neither ended nor went on
-- title: Program hangs when a call fails
-- severity: medium
-- strength: proven
-- cwe: CWE-835 CWE-703
-- cert: ERR33-C
-- kin: none
-- needs: inject
-- why: A call that fails for a moment, as fork(2) and setuid(2) do at a process limit, must not cost the service. A
--   program that tries again without end or a pause takes a processor, forks without end, or waits for a child that was
--   never made, and whoever restarts dead services does not see it.
-- accepted: none
-- fix: Give up after some attempts, with a pause between them; end with an error so that the service manager can act.
with trial as materialized (select * from site_outcome where outcome <> 'not-reached')
select case o.outcome when 'hung' then 'found' when 'failed' then 'unknown' else 'pass' end as result, o.process,
  null as look, o.text as subject, printf('made to fail with %s: %s', group_concat(o.errors, ', '), o.said) as evidence,
  iif(o.outcome = 'failed', 'the trial could not be judged: ' || o.said, null) as reason
from trial o where o.outcome in ('hung', 'failed') or not exists (select 1 from trial x where x.text = o.text
  and x.outcome in ('hung', 'failed'))
group by o.text, case o.outcome when 'hung' then 1 when 'failed' then 2 else 3 end
