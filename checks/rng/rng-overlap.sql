-- rng-overlap.sql: a child draws bytes again that an ancestor drew at another place of its stream
-- title: Child repeats part of an ancestor's random stream
-- severity: critical
-- strength: proven
-- cwe: CWE-335 CWE-336
-- cert: MSC32-C
-- kin: CVE-2013-1445 rand#1362 crystal#5843
-- needs: draw marker generator
-- why: A generator that was copied by fork(2) and then shifted, refilled from a copied buffer, or reseeded with the
--   same seed gives the same bytes at another offset: comparing first draws does not show it. Eight equal bytes in two
--   independent streams do not happen by chance (2^-64 a pair of places). Kin: rust-random issue 1362 (output buffered
--   before the fork), Crystal issue 5843 (buffered /dev/urandom), CVE-2013-1445 (PyCrypto).
-- accepted: What rng-shared reports of the same process and generator is not repeated here. Fewer than 64 bits drawn on
--   a side decide nothing and are unknown.
-- fix: In the child throw away the whole state, buffered output included, and seed afresh from getrandom(2) before the
--   first draw. Never seed from time and pid, nor from a buffer that was filled before the fork.
with own as materialized (select s.* from stream s join process p on p.id = s.process and p.image = s.image
    where p.parent is not null),
-- What rng-shared has said, and what it need not say.
said as materialized (select process, state, verdict in ('shared', 'unseeded') as is_final from forked_state
  union all select process, state, 1 from state_alias),
measured as materialized (select o.process, o.generator, o.state, o.purpose, o.seen, o.bytes as own, a.bytes as other,
    l.ancestor, l.depth, overlap(o.bytes, a.bytes) as size
  from own o cross join lineage l on l.descendant = o.process
  cross join stream a on a.process = l.ancestor and a.image = o.image and a.generator = o.generator
  where o.process || ' ' || o.generator not in (select process || ' ' || generator from parted_stream where same >= 8)
    and o.process || ' ' || o.state not in (select process || ' ' || state from said where is_final)
    and o.process || ' ' || l.ancestor not in (select process || ' ' || other from pid_again)),
judged as materialized (select m.process, m.generator, m.state, m.purpose, m.seen, m.own, m.other, m.ancestor, m.depth,
    m.size, m.size >= 8 and not (m.seen and not looks_random(substr(m.own,
    1 + overlap_at_a(m.own, m.other), m.size))) as equal from measured m),
verdict as materialized (select process, generator, state, purpose, seen, min(length(own)) as own_size,
    max(length(other)) as other_size from judged group by process, generator),
-- The nearest ancestor that drew the same.
alike as materialized (select process, generator, ancestor, own, other, size, min(depth) as depth from judged
  where equal group by process, generator)
select case when h.depth is not null then 'found' when v.own_size < 8 or v.other_size < 8 then 'unknown'
    else 'pass' end as result,
  v.process, (select id from look where process = v.process and moment = 'born') as look,
  printf('generator "%s"', v.generator) as subject,
  case when h.depth is not null then printf('pid %d drew %d bytes at offset %d that its %s pid %d drew at offset %d: %s%s',
      (select pid from main.process where id = h.process), h.size, overlap_at_a(h.own, h.other),
      iif(h.depth = 1, 'parent', 'ancestor'), (select pid from main.process where id = h.ancestor),
      overlap_at_b(h.own, h.other), lower(hex(substr(h.own, 1 + overlap_at_a(h.own, h.other), min(h.size, 16)))),
      iif(h.size > 16, '...', ''))
    else printf('%d bytes drawn here, %d by an ancestor', v.own_size, v.other_size) end as evidence,
  iif(h.depth is null and (v.own_size < 8 or v.other_size < 8), 'fewer than 64 bits drawn', null) as reason,
  (select u.severity from use_severity u where u.purpose is v.purpose and u.used) as severity
from verdict v left join alike h on h.process = v.process and h.generator = v.generator
where h.depth is not null or not v.seen and v.process || ' ' || v.state not in (select process || ' ' || state from said)
union all
select 'unknown', null, null, subject, evidence, reason, null from uninstrumented
