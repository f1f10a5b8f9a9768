-- rng-present-not-callable.sql: a forked program contains the code of a generator that nobody can call from outside
-- title: Code of a generator that could not be compared
-- severity: info
-- strength: suspect
-- cwe: none
-- cert: none
-- kin: none
-- needs: generator
-- why: Generators that are compiled in, without a symbol, cannot be drawn from in copies. Some are known by constants
--   that only their algorithm has (MT19937, splitmix64, PCG, xoshiro, ChaCha20). Where one is in a program that forks,
--   what is said of its other generators says nothing of this one: its streams could not be compared. Equal tokens in
--   the output would still be seen (rng-derived).
-- accepted: A child of vfork(2), or one that shares its parent's memory otherwise, is no copy and is not told of.
-- fix: Keep the symbols (no strip), name the function with --generator 'SYMBOL=SHAPE' or a FORKAUDIT_GENERATOR marker,
--   or hand over what it gives with FORKAUDIT_DRAW (forkaudit.h).
with present as materialized (select distinct r.image, g.name, g.object, g.source = 'code' as is_code
  from main.generator_present r join main.generator g on g.id = r.generator),
code as materialized (select image, count(*) as n, group_concat(name || ' in ' || ifnull(object, '?'), ', ') as names
  from (select image, name, object from present where is_code order by image, name, object) group by image)
select 'found' as result, p.id as process, (select id from look where process = p.id and moment = 'born') as look,
  iif(c.n = 1, 'code of a generator', printf('code of %d generators', c.n)) as subject,
  printf('%s has code of %s; its streams in pid %d and its parent could not be compared', ifnull(i.path, 'the program'),
    substr(c.names, 1, 1000), p.pid) as evidence
from main.process p join code c on c.image = p.image left join main.image i on i.id = p.image
where p.parent is not null and p.born <> 'vfork' and not ifnull(p.clone_flags & 256, 0)
union all
select 'pass', p.id, (select id from look where process = p.id and moment = 'born'), 'no generator',
  printf('no generator that is known was found in %s, and no code of one: there was nothing to compare; one without'
    || ' symbol and constants cannot be seen', ifnull(i.path, 'the program'))
from main.process p left join main.image i on i.id = p.image
where p.parent is not null and (select generators from main.audit) and p.image is not null
  and p.born <> 'vfork' and not ifnull(p.clone_flags & 256, 0) and p.image not in (select image from present)
  and not exists (select 1 from main.gap g where g.source = 'generator' and g.process = i.process)
