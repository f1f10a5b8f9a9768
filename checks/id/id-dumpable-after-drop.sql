-- id-dumpable-after-drop.sql: a process that gave up root made itself dumpable again
-- title: Process is dumpable again after the drop
-- severity: low
-- strength: observed
-- cwe: CWE-497 CWE-528
-- cert: MEM06-C
-- kin: none
-- needs: cred
-- why: When a process changes its ids, the kernel makes it not dumpable: nobody of the new uid may trace it, and it leaves no
--   core. PR_SET_DUMPABLE 1 takes that back, usually for the sake of core files (nginx's workers do): from then on every
--   other process of that uid, such as a CGI program, can read its memory with what root left in it, keys and
--   descriptors included.
-- accepted: A process that is dumpable though it did not ask for it: fs.suid_dumpable of the host may say so.
-- fix: Leave it as it is; where core files are wanted, set fs.suid_dumpable to 2 and a kernel.core_pattern that begins with a
--   pipe or a slash. Give each service a uid of its own.
with last as materialized (select d.*, max(d.seq) as at from dropped d where not d.by_exec group by d.process),
judged as materialized (select l.process, l.look, l.euid, l.seq, p.image as family, i.path,
    (select q.dumpable from identity q where q.process = l.process and q.image is l.image and q.seq between l.root_seq
      and l.seq
      and q.euid = l.euid and q.dumpable is not null order by q.seq desc limit 1) as dumpable,
    (select iif(c.a1 = 1, 1, 0) from call c where c.process = l.process and c.name = 'prctl'
      and c.detail like 'PR_SET_DUMPABLE %'
      and c.error = 0 and c.seq > l.root_seq and c.seq < l.seq order by c.seq desc limit 1) as asked
  from last l join process p on p.id = l.process left join image i on i.id = l.image),
verdict as (select *, case when asked = 1 and ifnull(dumpable, 1) = 1 then 'found' when dumpable = 1 then 'accepted'
    when dumpable is not null or asked = 0 then 'pass' end as result from judged)
select result, min(process) as process, min(look) as look, 'uid ' || euid as subject,
  case result when 'found' then printf('%s: prctl(PR_SET_DUMPABLE, 1) after the drop to uid %d%s', ifnull(path,
    'a program'), euid,
      iif(count(*) > 1, printf(', in %d processes', count(*)), ''))
    when 'accepted' then 'it is dumpable after the drop' else 'it is not dumpable' end as evidence,
  iif(result = 'accepted', 'no call of its own made it so: fs.suid_dumpable of the host may be 1', null) as reason
from verdict where result is not null group by result, path, euid, iif(result = 'pass', process, 0)
