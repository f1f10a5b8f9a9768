-- id-privileged-exec.sql: a program is executed with privilege that a drop before it should have taken
-- title: Program executed with privilege that was to be gone
-- severity: high
-- strength: observed
-- cwe: CWE-271 CWE-272
-- cert: POS37-C
-- kin: CVE-2006-2607 CVE-2023-6507
-- needs: cred
-- why: A failed drop travels: what the process forks and executes afterwards has the same ids. Vixie cron ran jobs as root
--   (CVE-2006-2607); where a worker's setgid fails and it goes on, its CGI programs are root's; Python's subprocess left its
--   caller's groups in the command (CVE-2023-6507). A set-uid program that executes a helper with its starter's real id and
--   root's effective one lets the starter's environment steer root.
-- accepted: A root daemon that executes a helper as root without having tried a drop: a piped logger, a hook script. What a
--   process executes after its own failed drop is told by id-drop-unchecked, and not twice.
-- fix: End the process when a drop fails, before it forks. Before exec, set all ids and groups in the child.
with run as materialized (select e.look, e.process, e.seq, e.ruid, e.euid, e.egid, e.groups, ifnull(i.path,
  'a program') as path,
    i.mode & 2048 and i.uid = 0 as is_setuid, p.image as born_image, p.parent, a.groups as of_user,
    (select b.look from identity b where b.process = e.process and b.seq < e.seq order by b.seq desc limit 1) as before
  from identity e join process p on p.id = e.process and p.parent is not null
  join image i on i.id = e.image and i.process = e.process left join account a on a.uid = e.euid
  where e.moment = 'exec' and not exists (select 1 from image o where o.process = i.process and o.seq < i.seq)),
failed as materialized (select c.* from id_call c join identity b on b.look = c.before_look and b.euid = 0
  where c.error > 0 and not c.regain and c.kind in ('u', 'g', 's') and not exists (select 1 from id_call o
    where o.process = c.process and o.kind = c.kind and o.error = 0 and o.seq > c.seq)),
-- What an ancestor could not give up in the same program, before it forked the branch that led here.
handed as materialized (select r.look, r.path, f.name, f.asked, f.error, f.injected, q.pid, min(f.seq)
  from run r join lineage l on l.descendant = r.process join process b on b.id = l.branch
  join failed f on f.process = l.ancestor and f.image is r.born_image and f.seq < b.seq join process q on q.id = f.process
  where iif(r.euid = 0, f.kind in ('u', 'g'), f.kind = 's' and r.of_user is not null
    and list_minus(r.groups, r.of_user || ' ' || r.egid) <> '')
  group by r.look),
mixed as materialized (select r.*, b.ruid as starter from run r join identity b on b.look = r.before
  where r.euid = 0 and r.ruid <> 0 and b.euid = 0 and b.ruid = r.ruid and not ifnull(r.is_setuid, 0)
    and r.look not in (select look from handed)),
meant as materialized (select r.*, min(r.seq), count(*) as n from run r where r.euid = 0 and r.ruid = 0
    and r.look not in (select look from handed)
    and not exists (select 1 from id_call c where c.process = r.process and c.seq < r.seq)
    and exists (select 1 from dropped d join process p on p.id = d.process and p.image is r.born_image)
    and not exists (select 1 from gap g where g.source = 'call' and (g.process is null or g.process in (r.process, r.parent)))
  group by r.path)
select 'found' as result, r.process, r.look, r.path as subject,
  printf('executed as uid %d with groups "%s"%s; before, %s failed with %s in pid %d, which went on and forked', r.euid,
    r.groups, iif(count(*) > 1, printf(' (%d times)', count(*)), ''), h.asked, errno_name(h.error), h.pid) as evidence,
  null as reason, iif(h.injected, 'proven', 'observed') as strength
from (select * from handed order by look) h join run r on r.look = h.look group by h.path, h.name, h.injected
union all
select 'found', m.process, m.look, m.path,
  printf('executed with effective uid 0 and real uid %d, that of who started the set-uid program', m.starter), null,
    'observed'
from mixed m
union all
select 'accepted', m.process, m.look, m.path, printf('executed as root with groups "%s"%s', m.groups,
  iif(m.n > 1, printf(' (%d times)', m.n), '')), 'no drop was tried before: the daemon runs it as root by design', 'observed'
from meant m
union all
select 'unknown', r.process, r.look, r.path, 'executed as root', substr(g.detail, 1, 1000), 'observed'
from run r join gap g on g.source = 'call' and (g.process is null or g.process in (r.process, r.parent)) and g.seq < r.seq
where r.euid = 0 and r.look not in (select look from handed) and r.look not in (select look from mixed) group by r.look
union all
select 'pass', r.process, r.look, r.path, printf('executed as uid %d with groups "%s"', r.euid, r.groups), null, 'observed'
from run r join dropped d on d.look = r.look where r.ruid <> 0 and r.look not in (select look from handed)
