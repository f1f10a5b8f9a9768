-- rng-pid-reuse.sql: a generator knows a fork only by a changed pid, and repeats when the pid comes again
-- title: Generator repeats when a pid comes again
-- severity: high
-- strength: proven
-- cwe: CWE-335 CWE-340
-- cert: MSC32-C
-- kin: CVE-2011-2705 CVE-2013-1900 CVE-2014-0016 libressl#37
-- needs: generator
-- why: Where only getpid(2) tells of a fork, a process that gets the pid for which the state was made draws what that
--   one drew: Ruby's SecureRandom (CVE-2011-2705), pgcrypto (CVE-2013-1900), stunnel (CVE-2014-0016). LibreSSL 2014
--   (portable issue 37) is the worst: a parent draws and ends, its child never draws but forks, and the grandchild gets
--   the parent's pid with the parent's state. Two containers whose first processes are pid 1 need no wait at all. High:
--   the pids of dead processes were given again (--reuse-pid), and two processes really drew the same. Info: only
--   copies did, one of which was shown the other's pid; it needs the pid to come again while the state is kept, which
--   OpenSSL 3 allows, as stock Debian 12 has it.
-- accepted: A generator of this kind that the process was not seen to draw from. A program that reseeds it in the child
--   before its first draw has no such state left, and passes. What repeats with other pids too is told by rng-shared
--   and rng-siblings.
-- fix: Let the kernel tell of a fork (MADV_WIPEONFORK), or draw from getrandom(2) or arc4random(3); in the program,
--   reseed in each child before its first draw, also in one that only forks again.
with again as materialized (select t.process, t.generator, t.state, t.purpose, t.seen, t.other, t.image from twin t
    where t.same_pid
  union select s.process, s.generator, s.state, s.purpose, s.seen, a.other, s.image from pid_again a
    cross join stream s on s.process = a.process cross join main.process p on p.id = s.process and p.image = s.image
    cross join stream o on o.process = a.other and o.image = s.image and o.generator = s.generator
    where overlap(s.bytes, o.bytes) >= 8 and not (s.seen and not looks_random(substr(s.bytes,
      1 + overlap_at_a(s.bytes, o.bytes), overlap(s.bytes, o.bytes))))),
-- With other pids too: no pid is to blame.
anyhow as materialized (select process, state from forked_state where verdict = 'shared'
  union select process, state from twin where not same_pid
  union select process, state from parted_stream where same >= 8 and (select reuse_pid from main.audit)
    and process || ' ' || ancestor not in (select process || ' ' || other from pid_again)),
repeats as materialized (select process, generator, state, purpose, image, min(other) as other from again
  where process || ' ' || state not in (select process || ' ' || state from anyhow) group by process, generator),
predicted as materialized (select f.*, f.pid_repeats and not (f.fork is 'diverged' and f.fork_reason is 'state'
    and not f.fork_pid_repeats) and f.verdict in ('diverged', 'weak') as is_at_risk
  from forked_state f where f.newborn in ('diverged', 'weak')
    and f.process || ' ' || f.state not in (select process || ' ' || state from repeats))
select 'found' as result, r.process, (select id from look where process = r.process and moment = 'born') as look,
  printf('generator "%s"', r.generator) as subject,
  (select printf('pid %d of its namespace was given again: pid %d drew %d bytes at offset %d that pid %d had drawn at'
      || ' offset %d: %s%s', ifnull(p.ns_pid, p.pid), p.pid, overlap(a.bytes, b.bytes), overlap_at_a(a.bytes, b.bytes),
      (select pid from main.process where id = r.other), overlap_at_b(a.bytes, b.bytes), lower(hex(substr(a.bytes,
        1 + overlap_at_a(a.bytes, b.bytes), min(overlap(a.bytes, b.bytes), 16)))),
      iif(overlap(a.bytes, b.bytes) > 16, '...', ''))
    from stream a join stream b on b.process = r.other and b.image = a.image and b.generator = a.generator
    join main.process p on p.id = a.process
    where a.process = r.process and a.image = r.image and a.generator = r.generator) as evidence,
  null as reason, case r.purpose when 'ordinary' then 'medium' end as severity
from repeats r
union all
select iif(f.used, 'found', 'accepted'), f.process, (select id from look where process = f.process and moment = 'born'),
  printf('generator "%s"', f.state),
  printf('drawn in copies, a child of pid %d that is shown its parent''s pid gives what the parent gives next; as'
    || ' pid %d it does not: %s; it needs the pid to come again while this state is kept', f.parent_pid, f.pid,
    iif(f.newborn = 'weak', 'the pid is mixed in', 'a changed pid makes it reseed')),
  iif(f.used, null, 'the process was not seen to draw from it'), 'info'
from predicted f where f.is_at_risk
union all
select 'pass', f.process, (select id from look where process = f.process and moment = 'born'),
  iif(count(*) = 1, printf('generator "%s"', f.state), printf('%d generators', count(*))),
  printf('drawn in copies, with its parent''s pid too pid %d does not repeat it: %s', f.pid,
    group_concat(f.state, ', ')), null, null
from predicted f where not f.is_at_risk and f.verdict in ('diverged', 'weak') group by f.process
union all
select 'unknown', null, null, 'pids', printf('%d processes were forked, and no two of them had one pid', count(*)),
  'no pid came to be given again: too few processes ended before later ones were made', null
from main.process where parent is not null and (select reuse_pid from main.audit)
having count(*) > 0 and not exists (select 1 from main.process group by ifnull(ns_pid, pid) having count(*) > 1)
