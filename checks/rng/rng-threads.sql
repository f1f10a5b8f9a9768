-- rng-threads.sql: two threads draw the same random bytes
-- title: Two threads draw the same random bytes
-- severity: critical
-- strength: proven
-- cwe: CWE-335 CWE-362 CWE-336
-- cert: MSC32-C CON43-C
-- kin: none
-- needs: generator
-- why: A generator without a lock gives one value twice when two threads draw at once. One with a state for each thread
--   repeats when two of these are copies: seeded alike, or handed out again after a fork of a process with threads, as
--   happened to glibc's getrandom(3) in development, and no system call tells of it. Compared are the bytes that each
--   thread drew. The severity is that of the generator: cryptographic critical, identifiers high, ordinary medium.
-- accepted: none. Fewer than 64 bits in a row prove nothing and are not told. What rng-shared, rng-overlap or
--   rng-siblings say of two processes is not repeated here.
-- fix: Lock the generator, or seed the state of each thread from getrandom(2) when the thread, or the process, begins.
with several as materialized (select process, image, state from copied_draw where tid is not null and image is not null
    group by process, image, state having count(distinct tid) > 1),
thread as materialized (select d.process, d.image, d.state, d.tid, max(d.seen) as seen, min(d.purpose) as purpose,
    (select concat_blob(bytes) from (select o.bytes from copied_draw o where o.process = d.process and o.image = d.image
      and o.state = d.state and o.tid = d.tid order by o.seq, o.id)) as bytes
  from copied_draw d join several s on s.process = d.process and s.image = d.image and s.state = d.state
  where d.tid is not null and not (d.seen and d.purpose is 'identifier') group by d.process, d.image, d.state, d.tid),
pair as (select g.process, g.image, g.state, g.purpose, json_extract(j.value, '$[0]') as tid,
    json_extract(j.value, '$[1]') as other
  from (select process, image, state, min(purpose) as purpose, repeated(tid, bytes, seen) as pairs from thread
    group by process, image, state having count(*) > 1) g, json_each(g.pairs) j),
alike as materialized (select process, image, state, purpose, count(distinct tid) as n, min(tid) as tid, other from pair
  group by process, image, state),
-- Identifiers are equal as a whole.
identifier as materialized (select process, state, min(tid) as tid, max(tid) as other, bytes
  from copied_draw where seen and purpose is 'identifier' and length(bytes) >= 8 and looks_random(bytes)
  group by process, image, state, bytes having count(distinct tid) > 1),
-- Threads of a child and of its parent, after a fork of a process with threads.
family as materialized (select distinct p.id as process, p.parent, p.image, p.seq, d.state from main.process p
  join copied_draw d on d.process = p.id and d.image = p.image
  where p.parent_threads > 1 and (
      p.id || ' ' || p.image || ' ' || d.state in (select process || ' ' || image || ' ' || state from several)
      or p.parent || ' ' || p.image || ' ' || d.state in (select process || ' ' || image || ' ' || state from several))
    and p.id || ' ' || d.state not in (select process || ' ' || state from forked_state
      where verdict in ('shared', 'unseeded'))
    and p.id || ' ' || p.parent not in (select process || ' ' || other from pid_again)),
side as materialized (select f.process as child, d.process, d.image, d.state, d.tid, max(d.seen) as seen,
    min(d.purpose) as purpose, (select concat_blob(bytes) from (select o.bytes from copied_draw o
      where o.process = d.process and o.image = d.image and o.state = d.state and o.tid = d.tid and o.seq > f.seq
      order by o.seq, o.id)) as bytes
  from family f join copied_draw d on d.process in (f.process, f.parent) and d.image = f.image and d.state = f.state
  where d.tid is not null and d.seq > f.seq and not (d.seen and d.purpose is 'identifier')
  group by f.process, d.process, d.image, d.state, d.tid),
forked as materialized (select c.child as process, c.state, c.purpose, c.tid, o.tid as other, o.process as parent,
    c.bytes as own, o.bytes as others
  from side c join side o on o.child = c.child and o.state = c.state and o.process <> c.child
  where c.process = c.child and overlap(c.bytes, o.bytes) >= 8 and not (c.seen and not looks_random(substr(c.bytes,
      1 + overlap_at_a(c.bytes, o.bytes), overlap(c.bytes, o.bytes))))
    and not exists (select 1 from stream s join stream a on a.process = o.process and a.image = s.image
      and a.generator = s.generator where s.process = c.child and s.image = c.image and s.state = c.state
      and overlap(s.bytes, a.bytes) >= 8)
  group by c.child, c.state)
select 'found' as result, a.process, null as look, printf('generator "%s"', a.state) as subject,
  (select printf('threads %d and %d of pid %d both drew %s%s (%d equal bytes)', a.tid, a.other, p.pid,
      lower(hex(substr(x.bytes, 1 + overlap_at_a(x.bytes, y.bytes), min(16, overlap(x.bytes, y.bytes))))),
      iif(overlap(x.bytes, y.bytes) > 16, '...', ''), overlap(x.bytes, y.bytes))
    from thread x join thread y on y.process = x.process and y.image = x.image and y.state = x.state and y.tid = a.other
    join main.process p on p.id = x.process
    where x.process = a.process and x.image = a.image and x.state = a.state and x.tid = a.tid)
  || iif(a.n > 1, printf('; so did %d other threads', a.n - 1), '') as evidence,
  (select u.severity from use_severity u where u.purpose is a.purpose and u.used) as severity
from alike a
union all
select 'found', i.process, null, printf('generator "%s"', i.state),
  printf('threads %d and %d of pid %d both drew %s', i.tid, i.other, p.pid, lower(hex(substr(i.bytes, 1, 16)))), 'high'
from identifier i join main.process p on p.id = i.process group by i.process, i.state
union all
select 'found', f.process, (select id from look where process = f.process and moment = 'born'),
  printf('generator "%s"', f.state),
  printf('thread %d of pid %d and thread %d of its parent pid %d, which had %d threads at the fork, both drew %s'
    || ' (%d equal bytes)', f.tid, p.pid, f.other, a.pid, p.parent_threads,
    lower(hex(substr(f.own, 1 + overlap_at_a(f.own, f.others),
      min(16, overlap(f.own, f.others))))), overlap(f.own, f.others)),
  (select u.severity from use_severity u where u.purpose is f.purpose and u.used)
from forked f join main.process p on p.id = f.process join main.process a on a.id = f.parent
union all
select 'pass', t.process, null, printf('generator "%s"', t.state),
  printf('nothing in common between %d threads', count(*)), null
from thread t where length(t.bytes) >= 8 and (not t.seen or looks_random(t.bytes))
  and t.process || ' ' || t.state not in (select process || ' ' || state from alike)
group by t.process, t.image, t.state having count(*) > 1
