-- rng-same-seed.sql: two processes gave one generator the same seed
-- title: Two processes seed a generator alike
-- severity: critical
-- strength: proven
-- cwe: CWE-335 CWE-336 CWE-337
-- cert: MSC32-C
-- kin: crystal#5843
-- needs: generator
-- why: Equal seeds are equal streams, whatever the generator: the seeds are the proof. Workers that are started in one
--   second and seed with time(2) do it, and so do those that take the seed from a buffer which was filled before the
--   fork (Crystal issue 5843). The severity is that of the use: cryptographic critical, identifiers high, ordinary
--   medium, and less where not both drew; a constant given to an ordinary generator is info, for a simulation may mean
--   it.
-- accepted: none. A seed that is mixed into a state does not make two states equal, and does not count; nor do seeds in
--   runs of different programs.
-- fix: Seed each process from getrandom(2), after the fork.
with given as materialized (select s.process, s.image, s.state, s.generator, s.symbol, s.purpose, s.seed, s.seed_is,
    ifnull(i.path, s.image) as program, min(s.seq) as seq, (select max(d.last_seq)
      from drawn d where d.process = s.process and d.state = s.state and d.image is s.image) > min(s.seq) as used
  from seeding s left join main.image i on i.id = s.image
  where not s.is_added and length(s.seed) > 0 group by s.process, ifnull(i.path, s.image), s.state, s.seed),
ranked as materialized (select g.*, row_number() over w as nth, first_value(g.process) over w as other,
    count(*) over (partition by g.program, g.state, g.seed) as givers,
    max(ifnull(g.used, 0)) over (partition by g.program, g.state, g.seed order by g.process
      rows between unbounded preceding and 1 preceding) as other_used
  from given g window w as (partition by g.program, g.state, g.seed order by g.process)),
-- One row of each process and state: the one that counts most.
alike as materialized (select r.*, ifnull(r.used, 0) and r.other_used as both, max(ifnull(r.used, 0) and r.other_used),
    count(*) as n
  from ranked r where r.nth > 1 group by r.process, r.state)
select 'found' as result, a.process, (select id from look where process = a.process and moment = 'born') as look,
  printf('generator "%s"', a.generator) as subject,
  printf('pid %d gave %s the seed %s%s, as did %s%s; %s', p.pid, a.symbol, lower(hex(substr(a.seed, 1, 16))),
    iif(length(a.seed) > 16, '...', ''), printf('pid %d', o.pid),
    iif(a.nth > 2, printf(' and %d other processes', a.nth - 2), ''),
    iif(a.both, 'both drew from it then', 'not both were seen to draw from it then'))
  || ifnull('; it is ' || case a.seed_is when 'time' then 'the time' when 'constant' then 'a constant'
    when 'kernel' then 'of the kernel, asked once for both' else a.seed_is end, '') as evidence,
  iif(a.purpose is 'ordinary' and a.seed_is is 'constant', 'info',
    (select u.severity from use_severity u where u.purpose is a.purpose and u.used = a.both)) as severity
from alike a join main.process p on p.id = a.process join main.process o on o.id = a.other
union all
select 'pass', r.process, (select id from look where process = r.process and moment = 'born'),
  printf('generator "%s"', r.generator), printf('pid %d gave %s a seed that no other process gave', p.pid, r.symbol), null
from ranked r join main.process p on p.id = r.process
where p.parent is not null group by r.process, r.state having max(r.givers) = 1
