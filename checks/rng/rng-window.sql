-- rng-window.sql: a child reseeds, but only after its first draw
-- title: Child draws its parent's values until it reseeds
-- severity: critical
-- strength: proven
-- cwe: CWE-335 CWE-336
-- cert: MSC32-C
-- kin: CVE-2013-1445
-- needs: generator
-- why: A generator that reseeds itself by time or by number of draws, or a program that seeds it late, gives in the
--   child what the parent gives until then. PyCrypto (CVE-2013-1445) had a fork handler whose reseed was put off by up
--   to 100 ms; a test that is slow passes. At its first draw the child's state gave the parent's values, in copies; at
--   its end it did not, and a seeding call was seen, or the generator asks the kernel by itself. The severity is that
--   of the use, as in rng-shared, which does not report it again.
-- accepted: A state that is not found again at the end without any seeding seen, as after many draws or draws of other
--   sizes, is no window: rng-shared reports it.
-- fix: Reseed from getrandom(2) in the child before its first draw, whatever the interval or counter says.
select 'found' as result, f.process, (select id from look where process = f.process and moment = 'born') as look,
  printf('generator "%s"', f.state) as subject,
  printf('drawn in copies, pid %d at its first draw and its parent pid %d as it was at the fork give the same: %s; at'
    || ' its end pid %d was in another state: %s; pid %d %s after the fork%s', f.pid, f.parent_pid,
    (select text from equal_values where comparison = f.comparison), f.pid, ifnull((
      select printf('%s was called', s.symbol) from seeding s
      where s.process = f.process and s.state = f.state and s.image is f.image order by s.seq limit 1),
      'it reseeds from the kernel'), f.parent_pid, iif(f.parent_drew, 'drew too', 'was not seen to draw'),
    iif(f.purpose is 'ordinary', '; it matters if this decides anything about security', '')) as evidence,
  null as reason, (select u.severity from use_severity u where u.purpose is f.purpose and u.used = f.used) as severity
from forked_state f where f.story = 'window'
union all
select 'pass', f.process, (select id from look where process = f.process and moment = 'born'),
  iif(count(*) = 1, printf('generator "%s"', f.state), printf('%d generators', count(*))),
  printf('pid %d had left the stream of its parent pid %d at its first draw: %s', f.pid, f.parent_pid,
    group_concat(f.state, ', ')), null, null
from forked_state f where f.verdict = 'diverged' and f.kind = 'fork' and f.used group by f.process
