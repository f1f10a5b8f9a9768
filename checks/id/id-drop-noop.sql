-- id-drop-noop.sql: a child of root went through a privilege drop and is root as before
-- title: Privilege drop changes nothing
-- severity: medium
-- strength: suspect
-- cwe: CWE-271 CWE-250
-- cert: POS37-C
-- kin: none
-- needs: cred call
-- why: A drop "back to the real ids" does nothing in a daemon that root started: its real ids are root. The recipe for
--   creating a child process securely (Secure Programming Cookbook 1.6) leaves the children of a root daemon at uid 0
--   with every capability, and only trims their groups; the caller believes them harmless.
-- accepted: A process that executes another program afterwards, as cron does for root's own jobs; one that takes root back
--   after a temporary drop; one that becomes another user later. A monitor, as sshd has one for each session: it stays root
--   and forks the process that gives root up.
-- fix: Name the user that the child is to be: setresuid(u, u, u) with the uid of the service's own user (spc_fork_with()
--   with target_uid), and read the ids back.
with attempt as materialized (select c.process, min(c.seq) as seq, count(*) as n, group_concat(distinct c.name) as names,
    p.parent, max(c.after_seq) as last_seq
  from id_call c join process p on p.id = c.process and p.parent is not null and c.image is p.image
  join first_identity f on f.process = c.process and f.ruid = 0 and f.euid = 0 and f.suid = 0
  join identity b on b.look = c.before_look and b.ruid = 0 and b.euid = 0 and b.suid = 0
  where c.error = 0 and ((c.name = 'setuid' and c.a0 = 0)
    or (c.name = 'setreuid' and c.a0 in (0, -1) and c.a1 in (0, -1) and c.a0 + c.a1 > -2)
    or (c.name = 'setresuid' and c.a0 in (0, -1) and c.a1 in (0, -1) and c.a2 in (0, -1) and c.a0 + c.a1 + c.a2 > -3)
    or (c.name = 'setgid' and c.a0 = b.rgid)
    or (c.name in ('setregid', 'setresgid') and c.a0 in (b.rgid, -1) and c.a1 in (b.rgid, -1)
      and (c.name = 'setregid' or c.a2 in (b.rgid, -1)))
    or (c.name = 'setgroups' and b.rgid = f.rgid and list_minus(c.detail, b.rgid) = ''))
  group by c.process),
state as (select a.*, r.look, r.ruid, r.euid, r.suid, r.fsuid, r.groups, r.moment,
    (select ifnull(i.path, 'another program') from image i where i.process = a.process and i.seq > a.seq
      order by i.seq limit 1) as executed,
    (select printf('pid %d', c.pid) from process c join lineage l on l.descendant = c.id and l.ancestor = a.process
      where c.image is r.image and exists (select 1 from dropped d where d.process = c.id and d.image is r.image)
      order by c.seq limit 1) as watched
  from attempt a join (select *, max(seq) from resting group by process) r on r.process = a.process
  where r.euid = 0 and r.ruid = 0 and r.suid = 0
    and not exists (select 1 from identity i where i.process = a.process and i.euid <> 0))
select iif(executed is null and watched is null, 'found', 'accepted') as result, process, look, replace(names, ',',
  ', ') as subject,
  printf('after %d calls that change nothing uid is %d real, %d effective, %d saved, %d fs, as in its parent; groups "%s"',
    n, ruid, euid, suid, fsuid, groups) as evidence,
  case when executed is not null then printf('it then executes %s, which is meant to run as root', executed)
    when watched is not null then printf('a monitor that stays root by design: %s, which it forked, gave root up', watched)
    end as reason
from state
union all
select 'pass', d.process, max(d.look), 'uid ' || d.euid, 'the drop took effect', null
from dropped d join process p on p.id = d.process and p.parent is not null group by d.process
