-- id-drop-unchecked.sql: a call that gives up privilege failed, and the process went on with its work
-- title: Failed privilege drop is ignored
-- severity: critical
-- strength: observed
-- cwe: CWE-252 CWE-273
-- cert: POS37-C
-- kin: CVE-2000-0506 CVE-2006-2607 CVE-2006-2916 CVE-2006-4447
-- needs: cred call inject
-- why: setuid(2) and its kin fail: at a process limit, without CAP_SETUID, in a user namespace, under a seccomp filter. Who
--   does not look goes on as root. This was the sendmail and Linux capabilities hole of 2000, CVE-2006-2607 (Vixie cron)
--   and CVE-2006-4447 (X.Org), each made to fail by a local user. forkaudit inject makes such calls fail one after another:
--   proven means that the program went on with what it should have lost.
-- accepted: A later call of the same kind that succeeds. An attempt to get the old id back after a drop, which must be
--   refused. A setgroups(2) refused to a process that has no group but its own. A process that never had privilege. A call
--   that asks for more privilege and does not get it. A safeguard beside the drop, such as no_new_privs.
-- fix: Check the result of every set*id, setgroups and capset call, and end the process with _exit(2) when one fails, before
--   anything else is done.
with called as (select id, process, seq, name, kind, asked, error, injected, regain, image, before_look, after_seq,
    case kind when 'u' then iif(name = 'setuid', a0, a1) when 'g' then iif(name = 'setgid', a0, a1) end as effective
  from id_call
  union all select c.id, c.process, c.seq, c.name, 'r', 'chroot(' || ifnull(c.detail, '') || ')', c.error, 1, 0, c.image,
    (select b.look from identity b where b.process = c.process and b.seq <= c.seq order by b.seq desc limit 1),
    ifnull(c.end_seq, c.seq), null
  from main.call c where c.name = 'chroot' and c.injected),
failed as materialized (select c.*, b.euid, b.egid, b.groups, b.ruid,
    -- CAP_SETGID, CAP_SETUID, CAP_SETPCAP
    ifnull(b.cap_eff & 448, 0) or exists (select 1 from former_id p where p.process = c.process and p.seq <= c.seq)
      as privileged,
    exists (select 1 from called o where o.process = c.process and o.kind = c.kind and o.error = 0 and o.seq > c.seq)
      as repeated,
    (c.error = 1 or c.injected) and c.name = 'setgroups' and list_minus(b.groups, b.egid) = '' as nothing_left,
    c.effective <> iif(c.kind = 'u', b.euid, b.egid) and c.effective in (select p.id from former_id p
      where p.process = c.process and p.kind = c.kind and p.seq <= c.seq) as raises,
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
    (select k.status is not null and k.status <> 0 from process k where k.id = c.process) as ended_badly,
    (select r.euid <> 0 from resting r where r.process = c.process and r.seq > c.after_seq order by r.seq desc limit 1)
      as no_root
  from called c left join identity b on b.look = c.before_look where c.error > 0),
state as (select *, coalesce(by_exec, by_wait, by_marker, by_fork, by_call, by_end) as went_on,
    coalesce(by_exec, by_wait, by_marker, by_fork, by_call) is null as by_end_only from failed),
verdict as (select *, case when not privileged or regain or nothing_left or repeated or raises then 'accepted'
    when went_on is not null then 'found' when ended_badly then 'pass' end as verdict from state),
-- What `forkaudit inject` made of each place that gives something up.
trial as materialized (select *, case when outcome = 'carried-on' and (kept or confines) then 'found'
    when outcome = 'failed' then 'unknown' when outcome = 'carried-on' and is_other then 'accepted'
      else 'pass' end as verdict,
    case when outcome = 'carried-on' and (kept or confines) then 0 when outcome = 'failed' then 1
      when outcome = 'carried-on' and is_other then 2 else 3 end as rank
  from (select *, name in ('chroot', 'prctl', 'seccomp') as is_other, name in ('chroot', 'seccomp')
      or (name = 'prctl' and ifnull(detail, '') like 'PR_SET_SECCOMP%') as confines,
      coalesce(kept_uid, kept_caps, kept_gid, kept_groups) is not null as kept
    from site_outcome where outcome in ('carried-on', 'ended', 'retried', 'crashed', 'failed')
      and name in ('setuid', 'setreuid', 'setresuid', 'setfsuid', 'setgid', 'setregid', 'setresgid', 'setfsgid', 'setgroups',
        'capset', 'prctl', 'chroot', 'seccomp')))
select v.verdict as result, v.process, v.before_look as look, v.name as subject,
  printf('%s failed with %s as uid %s%s%s%s', v.asked, errno_name(v.error), ifnull(v.euid, '?'),
    iif(max(v.injected), ', as the audit made it', ''),
    iif(v.verdict = 'accepted', '', '; then the process ' || ifnull(v.went_on, 'ended')),
    iif(count(*) > 1, printf(' (%d such calls)', count(*)), '')) as evidence,
  case when v.verdict <> 'accepted' then null
    when v.regain then 'regain attempt refused, as it should be' when not v.privileged then 'it had no privilege to give up'
    when v.nothing_left then 'it had no group left to give up' when v.repeated then 'a later call of the same kind succeeded'
    else 'it asked for more privilege, and did not get it' end as reason,
  iif((v.by_end_only or v.kind = 'r' or (v.injected and v.kind in ('g', 's') and v.no_root)) and v.verdict = 'found', 'high',
    'critical') as severity,
  case when v.by_end_only and v.verdict = 'found' then 'suspect' when max(v.injected) then 'proven' else 'observed' end
    as strength
from verdict v where v.verdict is not null
group by v.process, v.name, v.verdict, v.regain, v.nothing_left
union all
select t.verdict, t.process, null, t.text,
  printf('made to fail with %s: %s%s', group_concat(t.errors, ', '), t.said, case when t.verdict <> 'found' or t.kept then ''
    when t.name = 'chroot' then '; it serves outside its chroot' else '; it works without its system call filter' end),
  case t.verdict when 'unknown' then 'the trial could not be judged: ' || t.said
    when 'accepted' then 'a safeguard beside the drop: it went on without it, and keeps nothing of what it lost' end,
  case when t.verdict in ('unknown', 'pass') then null when t.kept_uid = 0 or t.kept_caps is not null then 'critical'
    when t.kept or t.name = 'chroot' then 'high'
    else 'low' end,
  'proven'
from trial t where not exists (select 1 from trial o where o.text = t.text and o.rank < t.rank)
group by t.text, t.verdict
