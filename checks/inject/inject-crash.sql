-- inject-crash.sql: a call was made to fail, and a process died of it by a fault of its own
-- title: Process crashes when a call fails
-- severity: low
-- strength: proven
-- cwe: CWE-754 CWE-476
-- cert: ERR33-C
-- kin: none
-- needs: inject
-- why: A failure that nobody thought of, answered with a null pointer, ends the process with a memory fault instead of a
--   message: the reason is lost, and what a local user can make fail (a limit, a full table) stops the service. Medium
--   when the service did not answer any more.
-- accepted: SIGABRT: the process, or its C library, ended itself on purpose. SIGSYS: what it tried instead its own system
--   call filter refuses (sshd's sandbox, when getrandom(2) fails). A signal that another process sent.
-- fix: Check the result, say what failed, and end with an exit status.
with died as materialized (select i.*, t.text, i.status & 127 as signal, i.status & 127 in (4, 5, 7, 8, 11) as is_fault
  from injection i join site_text t on t.site = i.site where i.outcome = 'crashed'),
place as materialized (select o.text, min(o.process) as process, max(o.outcome = 'failed') as failed,
    max(iif(o.outcome = 'failed', o.said, null)) as failure, group_concat(o.errors, ', ') as errors,
    (select max(ifnull(d.is_fault, 1)) from died d where d.text = o.text) as fault
  from site_outcome o where o.outcome <> 'not-reached' group by o.text)
select iif(s.fault, 'found', 'accepted') as result, s.process, null as look, s.text as subject,
  printf('made to fail with %s: %s', replace(group_concat(distinct errno_name(d.error)), ',', ', '),
    substr(d.evidence, 1, 1000)) as evidence,
  case when s.fault then null when d.signal = 6 then 'it ended itself on purpose, by abort(3)'
    when d.signal = 31 then 'what it tried instead is not allowed by its own system call filter, which ended it'
    else printf('it was ended by signal %d, which is no fault of its own', d.signal) end as reason,
  iif(s.fault and min(d.served) = 0, 'medium', 'low') as severity
from place s join died d on d.text = s.text and (ifnull(d.is_fault, 1) or not s.fault) group by s.text
union all
select 'unknown', s.process, null, s.text, 'a trial failed', 'the trial could not be judged: ' || s.failure, 'low'
from place s where s.failed and s.fault is null
union all
select 'pass', s.process, null, s.text, printf('made to fail with %s: no crash', s.errors), null, 'low'
from place s where s.fault is null and not s.failed
