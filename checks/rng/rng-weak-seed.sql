-- rng-weak-seed.sql: a generator was seeded from the time, a pid or a constant, and then drawn from
-- title: Generator is seeded from a time, pid or constant
-- severity: medium
-- strength: observed
-- cwe: CWE-335 CWE-337 CWE-338
-- cert: MSC32-C
-- kin: none
-- needs: generator
-- why: Who knows when a process was started, or its pid, has few seeds to try, and then has every value that follows.
--   Processes started together get the same seed: mod_ssl seeds rand(3) of each apache2 worker with time(2), and all
--   workers then draw one stream. High for a cryptographic generator, medium for identifiers, low for an ordinary one,
--   where it matters if the values decide anything about security; a constant in an ordinary one is info, for a
--   simulation may mean it.
-- accepted: none. A seed that is mixed into a state that is good already takes nothing from it, and does not count; nor
--   does one that nobody drew from before the next.
-- fix: Seed from getrandom(2), or do not seed at all and use getrandom(2) or arc4random(3).
with used as materialized (select s.*, (select d.process from drawn d where d.process = s.process and d.state = s.state
      and d.image is s.image and d.last_seq > s.seq and not exists (select 1 from seeding z where z.process = s.process
        and z.state = s.state and z.image is s.image and z.seq > s.seq and (not z.is_added or z.seed_is is 'kernel')
        and not exists (select 1 from main.generator_call c left join generator_name n on n.name = c.generator
          where c.process = s.process and c.kind = 'draw' and ifnull(n.state, c.generator) = s.state
          and c.seq between s.seq and z.seq))) as drew,
    (select d.process from lineage l join main.process b on b.id = l.branch join drawn d on d.process = l.descendant
      where l.ancestor = s.process and b.seq > s.seq and d.state = s.state and d.image is s.image
        and not exists (select 1 from seeding z where z.process = d.process and z.state = s.state and z.seq < d.first_seq)
        and not exists (select 1 from seeding z where z.process = s.process and z.state = s.state and z.image is s.image
          and z.seq > s.seq and z.seq < b.seq and (not z.is_added or z.seed_is is 'kernel'))
      limit 1) as descendant
  from seeding s where not s.is_added and s.seed_is is not null),
-- The first of each process and state that counts.
first as (select *, min(seq) from used where seed_is in ('time', 'pid', 'time and pid', 'constant')
  and (drew is not null or descendant is not null) group by process, image, state)
select 'found' as result, f.process, null as look, printf('generator "%s"', f.generator) as subject,
  printf('pid %d gave %s %s as its seed: %s%s; %s', p.pid, f.symbol, case f.seed_is when 'time' then 'the time'
      when 'pid' then 'its pid' when 'constant' then 'a constant' else 'time and pid' end,
    lower(hex(substr(f.seed, 1, 16))), iif(length(f.seed) > 16, '...', ''),
    iif(f.drew is not null, 'it drew from it then', printf('pid %d, forked from it, drew from it then',
      (select pid from main.process where id = f.descendant)))) as evidence,
  case f.purpose when 'cryptographic' then 'high' when 'ordinary' then iif(f.seed_is = 'constant', 'info', 'low') end
      as severity
from first f join main.process p on p.id = f.process
union all
select 'pass', s.process, null, printf('generator "%s"', s.generator),
  printf('pid %d gave %s a seed that the kernel gave', (select pid from main.process where id = s.process), s.symbol),
      null
from seeding s where not s.is_added and s.seed_is = 'kernel'
  and s.process || ' ' || s.state not in (select process || ' ' || state from first) group by s.process, s.state
