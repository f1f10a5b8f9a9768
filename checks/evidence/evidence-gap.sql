-- evidence-gap.sql: something that belongs to the audit could not be seen
-- title: Evidence is missing
-- severity: info
-- strength: observed
-- cwe: none
-- cert: none
-- kin: none
-- needs: none
-- why: A clean report is worth what was looked at. Each thing that could not be read or followed is named here, also where
--   no check asked for it, so that silence is never taken for safety.
-- accepted: none
-- fix: Read the reason. Most often the auditor lacks a right: run it as root, or see what forkaudit doctor says of this host.
select 'unknown' as result, p.id as process, l.id as look, g.source || ' not seen' as subject,
  substr(g.detail, 1, 1000) || ifnull(' (' || errno_name(nullif(g.error, 0)) || ')', '') as evidence,
  substr(g.detail, 1, 1000) as reason
from gap g left join process p on p.id = g.process left join look l on l.id = g.look
order by g.id
