-- rng-overlap.sql: a child draws bytes again that an ancestor drew at another place of its stream
-- title: Child repeats part of an ancestor's random stream
-- severity: critical
-- strength: proven
-- cwe: CWE-335 CWE-336
-- cert: MSC32-C
-- kin: CVE-2013-1445 rand#1362 crystal#5843
-- needs: draw marker
-- why: A generator that was copied by fork(2) and then shifted, refilled from a copied buffer, or reseeded with the same
--   seed gives the same bytes at another offset: comparing first draws does not show it. Eight equal bytes in two
--   independent streams do not happen by chance (2^-64 a pair of places). Kin: rust-random issue 1362 (output buffered
--   before the fork), Crystal issue 5843 (buffered /dev/urandom), CVE-2013-1445 (PyCrypto).
-- accepted: What rng-shared reports of the same process and generator is not repeated here. Fewer than 64 bits drawn on
--   a side decide nothing and are unknown.
-- fix: In the child throw away the whole state, buffered output included, and seed afresh from getrandom(2) before the
--   first draw. Never seed from time and pid, nor from a buffer that was filled before the fork.
with own as materialized (select s.* from stream s join process p on p.id = s.process and p.image = s.image
    where p.parent is not null),
judged as materialized (select o.process, o.generator, o.bytes as own, a.bytes as other, l.ancestor, l.depth,
    overlap(o.bytes, a.bytes) as size
  from own o join lineage l on l.descendant = o.process
  join stream a on a.process = l.ancestor and a.image = o.image and a.generator = o.generator
  where (o.process, o.generator) not in (select process, generator from parted_stream where same >= 8)),
verdict as (select process, generator, min(length(own)) as own_size, max(length(other)) as other_size,
    min(iif(size >= 8, depth, null)) as depth from judged group by process, generator)
select case when v.depth is not null then 'found' when v.own_size < 8 or v.other_size < 8 then 'unknown'
    else 'pass' end as result,
  v.process, (select id from look where process = v.process and moment = 'born') as look,
  printf('generator "%s"', v.generator) as subject,
  case when v.depth is not null then (select printf('pid %d drew %d bytes at offset %d that its %s pid %d drew at offset'
        || ' %d: %s%s', c.pid, j.size, overlap_at_a(j.own, j.other), iif(j.depth = 1, 'parent', 'ancestor'), a.pid,
        overlap_at_b(j.own, j.other), lower(hex(substr(j.own, 1 + overlap_at_a(j.own, j.other), min(j.size, 16)))),
        iif(j.size > 16, '...', ''))
      from judged j join process c on c.id = j.process join process a on a.id = j.ancestor
      where j.process = v.process and j.generator = v.generator and j.depth = v.depth)
    else printf('%d bytes drawn here, %d by an ancestor', v.own_size, v.other_size) end as evidence,
  iif(v.depth is null and (v.own_size < 8 or v.other_size < 8), 'fewer than 64 bits drawn', null) as reason
from verdict v
union all
select 'unknown', null, null, subject, evidence, reason from uninstrumented
