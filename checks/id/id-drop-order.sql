-- id-drop-order.sql: the uid was given up before the groups or the gid, which then could not be changed any more
-- title: Uid given up before gid and groups
-- severity: high
-- strength: observed
-- cwe: CWE-696 CWE-271
-- cert: POS36-C
-- kin: CVE-2006-2607 cups#185 sway#4990 cage#142
-- needs: cred call
-- why: Once the uid is no longer 0, setgroups(2) and setgid(2) fail with EPERM, and a program that does not look goes on with
--   group root. CUPS 1.1.19 ran CGI programs with group root that way (issue 185); CVE-2006-2607 (Vixie cron) and sway
--   issue 4990 are of the kind. Reported too: a drop of the uid alone that leaves all three gids 0.
-- accepted: An attempt to get a privileged gid back that is refused is a test of the drop. A setgroups(2) that is
--   refused to a process without any group but its own changes nothing. A user whose own group is 0.
-- fix: setgroups or initgroups first, then setresgid, then setresuid; check every result. spc_drop_privileges_to() does so.
with late as materialized (select c.id, c.process, c.seq, c.name, c.asked, c.regain, b.euid, b.egid, b.groups, b.look
  from id_call c join identity b on b.look = c.before_look
  where c.kind in ('g', 's') and c.error = 1 and not c.injected and b.euid <> 0
    and exists (select 1 from privilege p where p.process = c.process and p.kind = 'u' and p.id = 0 and p.seq < c.seq)),
wrong as materialized (select *, min(seq) from late where not regain and not (name = 'setgroups'
    and list_minus(groups, egid) = '') group by process),
harmless as (select *, min(seq) from late where not regain and process not in (select process from wrong) group by process),
rest as materialized (select d.*, max(d.seq) from dropped d where d.ruid <> 0 and d.suid <> 0 group by d.process),
kept as (select r.* from rest r where r.rgid = 0 and r.egid = 0 and r.sgid = 0 and r.process not in (select process
    from wrong) and not exists (select 1 from account a where a.uid = r.euid and a.gid = 0))
select 'found' as result, w.process, w.look, w.name as subject,
  printf('%s failed with EPERM, for the effective uid was %d already; it goes on with gid %d and groups "%s"', w.asked,
    w.euid, w.egid, w.groups) as evidence, null as reason
from wrong w
union all
select 'accepted', process, look, name, printf('setgroups failed with EPERM as uid %d', euid),
  'it had no group left to give up' from harmless
union all
select 'found', process, look, 'gid 0', printf('all three uids are changed (%d), and all three gids are still 0', euid), null
from kept
union all
select 'pass', process, look, 'uid ' || euid, printf('gid %d, set before the uid', egid), null from rest
where egid <> 0 and process not in (select process from wrong) and process not in (select process from harmless)
  and exists (select 1 from id_call c where c.process = rest.process and c.kind in ('g', 's') and c.error = 0)
