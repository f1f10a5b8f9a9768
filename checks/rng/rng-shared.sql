-- rng-shared.sql: after a fork, parent and child go on with the same random bytes
-- title: Parent and child draw the same random bytes
-- severity: critical
-- strength: proven
-- cwe: CWE-335 CWE-336 CWE-330
-- cert: MSC32-C
-- kin: CVE-2003-0900 CVE-2011-2686 CVE-2011-3009 CVE-2013-1900 CVE-2014-0016 CVE-2019-1549 CVE-2025-7394
-- needs: draw marker
-- why: fork(2) copies a generator's state. If neither side reseeds, both go on with the same stream: keys, nonces and
--   session ids of one process can be read off the other. This was CVE-2003-0900 (Perl), CVE-2011-3009 (Ruby),
--   CVE-2013-1900 (PostgreSQL pgcrypto), CVE-2014-0016 (stunnel) and CVE-2025-7394 (wolfSSL). The bytes compared are
--   those that the program itself handed over, from the first 256 KiB of each stream.
-- accepted: Streams of different generators, and of different programs (an exec in between ends the copy), are not
--   compared. Fewer than 64 bits drawn on a side decide nothing and are unknown.
-- fix: Reseed every generator from getrandom(2) in the child before its first draw, and in the parent, as spc_fork(3)
--   does; or use one that notices a fork by itself (MADV_WIPEONFORK), or getrandom(2) or arc4random(3) directly.
with judged as materialized (select * from parted_stream),
verdict as (select process, generator, min(length(own)) as own_size, max(length(other)) as other_size,
    min(iif(same >= 8, depth, null)) as depth from judged group by process, generator)
select case when v.depth is not null then 'found' when v.own_size < 8 or v.other_size < 8 then 'unknown'
    else 'pass' end as result,
  v.process, (select id from look where process = v.process and moment = 'born') as look,
  printf('generator "%s"', v.generator) as subject,
  case when v.depth is not null then (select printf('after the fork, pid %d and its %s pid %d both drew %s%s (%d equal'
        || ' bytes)', c.pid, iif(j.depth = 1, 'parent', 'ancestor'), a.pid, lower(hex(substr(j.own, 1, 16))),
        iif(j.same > 16, '...', ''), j.same)
      from judged j join process c on c.id = j.process join process a on a.id = j.ancestor
      where j.process = v.process and j.generator = v.generator and j.depth = v.depth)
    else printf('%d bytes drawn here, %d by an ancestor after the fork', v.own_size, v.other_size) end as evidence,
  iif(v.depth is null and (v.own_size < 8 or v.other_size < 8), 'fewer than 64 bits drawn', null) as reason
from verdict v
union all
select 'unknown', null, null, subject, evidence, reason from uninstrumented
