-- id-threads-differ.sql: threads of one process have different ids, groups or capabilities
-- title: Threads of a process differ in privilege
-- severity: critical
-- strength: observed
-- cwe: CWE-271 CWE-362
-- cert: POS37-C
-- kin: golang#1435 gosu#1 zig#1337
-- needs: cred
-- why: In Linux ids belong to a thread. libc's setuid(3) tells every thread; a raw system call, or another language's run
--   time, changes one and leaves the others root, in the same address space: whoever has one has all. This was Go issue
--   1435 (before Go 1.16), gosu issue 1 and Zig issue 1337.
-- accepted: Threads that differ only in the fs ids, as file servers set them for one request. The moment in which
--   libc tells the threads one after another is not looked at: only states at rest and at markers count.
-- fix: Drop before the first thread is made, or call libc's functions (never syscall(SYS_setresuid, ...)) and check
--   /proc/self/task/*/status.
with looked as materialized (select l.id as look, l.process, l.image, l.seq, l.moment, l.threads,
    count(distinct c.ruid || ' ' || c.euid || ' ' || c.suid || ' ' || c.rgid || ' ' || c.egid || ' ' || c.sgid ||
      '/' || c.groups)
      as identities,
    count(distinct ifnull(c.cap_prm, -1) || ' ' || ifnull(c.cap_eff, -1)) as capabilities,
    count(distinct c.fsuid || ' ' || c.fsgid) > 1 as fs_ids
  from look l join cred c on c.look = l.id
  where l.moment in ('settled', 'marker') or (l.moment = 'exit' and l.threads > 1) group by l.id),
-- A marker may be passed while another thread is just told of a change: a later look that shows none counts more.
state as (select *, (identities > 1 or capabilities > 1) and not (moment = 'marker' and exists (select 1 from looked o
      where o.process = k.process and o.image is k.image and o.seq > k.seq and o.threads > 1
      and o.identities = 1 and o.capabilities = 1)) as differ,
    fs_ids and identities = 1 and capabilities = 1 as serves
  from looked k where threads > 1),
verdict as (select *, max(seq * 1.0 + differ * 1e15 + serves * 1e13) as best from state group by process)
select case when v.differ then 'found' when v.serves then 'accepted' else 'pass' end as result,
  v.process, v.look, printf('%d threads', v.threads) as subject,
  (select group_concat(text, '; ') from (select printf('thread %d: uid %d %d %d, gid %d %d %d, groups "%s", permitted %x',
      c.tid, c.ruid, c.euid, c.suid, c.rgid, c.egid, c.sgid, c.groups, ifnull(c.cap_prm, 0)) as text
    from cred c where c.look = v.look order by c.id limit 4)) as evidence,
  iif(not v.differ and v.serves, 'only the fs ids differ, as file servers set them for one request', null) as reason,
  iif(v.identities > 1, 'critical', 'high') as severity
from verdict v
