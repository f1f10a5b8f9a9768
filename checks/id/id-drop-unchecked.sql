-- id-drop-unchecked.sql: a call that gives up privilege failed, and the process went on with its work
-- title: Failed privilege drop is ignored
-- severity: critical
-- strength: observed
-- cwe: CWE-252 CWE-273
-- cert: POS37-C
-- needs: cred call
-- why: setuid(2) and its kin fail: at a process limit, without CAP_SETUID, in a user namespace, under a seccomp filter. Who
--   does not look goes on as root. This was the sendmail and Linux capabilities hole of 2000, CVE-2006-2607 (Vixie cron)
--   and CVE-2006-4447 (X.Org), each made to fail by a local user.
-- accepted: A later call of the same kind that succeeds. An attempt to get the old id back after a drop, which must be
--   refused. A setgroups(2) refused to a process that has no group but its own. A process that never had privilege.
-- fix: Check the result of every set*id, setgroups and capset call, and end the process with _exit(2) when one fails, before
--   anything else is done.
with failed as materialized (select c.*, b.euid, b.egid, b.groups, b.ruid,
    -- CAP_SETGID, CAP_SETUID, CAP_SETPCAP
    ifnull(b.cap_eff & 448, 0) or exists (select 1 from former_id p where p.process = c.process and p.seq <= c.seq)
      as privileged,
    exists (select 1 from id_call o where o.process = c.process and o.kind = c.kind and o.error = 0 and o.seq > c.seq)
      as repeated,
    c.error = 1 and c.name = 'setgroups' and list_minus(b.groups, b.egid) = '' as nothing_left,
    (select printf('executed %s', ifnull(i.path, 'a program')) from image i where i.process = c.process
      and i.seq > c.after_seq order by i.seq limit 1) as by_exec,
    (select printf('waited for work in %s', ifnull(l.waiting, 'a system call')) from look l where l.process = c.process
      and l.moment = 'settled' and l.seq > c.after_seq order by l.seq limit 1) as by_wait,
    (select printf('reached its marker "%s"', ifnull(m.name, '')) from marker m where m.process = c.process
      and m.seq > c.after_seq order by m.seq limit 1) as by_marker,
    (select printf('called %s', o.name) from id_call o where o.process = c.process and o.seq > c.after_seq
      and o.name <> c.name order by o.seq limit 1) as by_call,
    (select printf('forked pid %d', k.pid) from process k where k.parent = c.process and k.seq > c.after_seq
      order by k.seq limit 1) as by_fork,
    (select case when k.ending = 'exited' and k.status = 0 then 'ended with status 0, as if all were well'
      when k.ending = 'ended-by-audit' then 'was still running when the audit ended' end
      from process k where k.id = c.process) as by_end,
    (select k.status is not null and k.status <> 0 from process k where k.id = c.process) as ended_badly
  from id_call c left join identity b on b.look = c.before_look where c.error > 0),
state as (select *, coalesce(by_exec, by_wait, by_marker, by_fork, by_call, by_end) as went_on,
    coalesce(by_exec, by_wait, by_marker, by_fork, by_call) is null as by_end_only from failed),
verdict as (select *, case when not privileged or regain or nothing_left or repeated then 'accepted'
    when went_on is not null then 'found' when ended_badly then 'pass' end as verdict from state)
select v.verdict as result, v.process, v.before_look as look, v.name as subject,
  printf('%s failed with %s as uid %s%s%s', v.asked, errno_name(v.error), ifnull(v.euid, '?'),
    iif(v.verdict = 'accepted', '', '; then the process ' || ifnull(v.went_on, 'ended')),
    iif(count(*) > 1, printf(' (%d such calls)', count(*)), '')) as evidence,
  case when v.verdict <> 'accepted' then null
    when v.regain then 'regain attempt refused, as it should be' when not v.privileged then 'it had no privilege to give up'
    when v.nothing_left then 'it had no group left to give up' else 'a later call of the same kind succeeded' end as reason,
  iif(v.by_end_only and v.verdict = 'found', 'high', 'critical') as severity,
  iif(v.by_end_only and v.verdict = 'found', 'suspect', 'observed') as strength
from verdict v where v.verdict is not null
group by v.process, v.name, v.verdict, v.regain, v.nothing_left
