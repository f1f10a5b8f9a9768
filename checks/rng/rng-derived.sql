-- rng-derived.sql: two processes made the same identifier, or wrote the same random-looking token
-- title: Two processes made the same identifier or token
-- severity: high
-- strength: proven
-- cwe: CWE-335 CWE-340
-- cert: MSC32-C
-- kin: CVE-2026-41564 util-linux#3009 cpython#105337
-- needs: generator token
-- why: What is made of random numbers repeats with them: UUIDs, tokens, file names, nonces. It shows sharing where no
--   generator can be found or called, as in a stripped static program, or one inside an object (CVE-2026-41564, CryptX:
--   two signatures with one nonce give the key away). Time UUIDs of libuuid repeat between siblings (util-linux issue
--   3009, CPython issue 105337). High and proven: two processes drew one identifier. Medium and suspect: both wrote the
--   same bytes, which look random and were in nothing that was written before the later one was born; a value that was
--   made before the fork and told only after it, or one that both read in the same place, looks the same.
-- accepted: A token of a process that draws from a state of which rng-shared, rng-siblings, rng-window,
--   rng-clone-bypass or rng-wipe-inactive tells that another process has it too.
-- fix: Part the generator after the fork, as rng-shared tells; make values that must differ after the fork, not before.
with value as materialized (select d.generator, d.bytes, min(d.process) as first, count(distinct d.process) as n
  from main.draw d join generator_name n on n.name = d.generator and n.purpose = 'identifier'
  where length(d.bytes) >= 8 group by d.generator, d.bytes
  having count(distinct d.process) > 1 and looks_random(d.bytes)),
alike as materialized (select d.process, v.generator, v.first, v.bytes, v.n, count(distinct v.bytes) as values_n,
    min(d.seq)
  from value v join main.draw d on d.generator = v.generator and d.bytes = v.bytes and d.process <> v.first
  group by d.process, v.generator),
written as materialized (select t.process, t.other, t.bytes, count(*) as n, min(t.id)
  from main.token t group by t.process),
-- Who has a state of another process, and draws from it: no token is needed to tell.
known as materialized (select process, min(state) as state from (
    select process, state from forked_state where verdict = 'shared' and used
  union select c.process, c.state from compared c join drawn d on d.process = c.process and d.state = c.state
  where c.kind in ('sibling', 'now') and c.verdict = 'shared') group by process)
select 'found' as result, a.process, (select id from look where process = a.process and moment = 'born') as look,
  printf('generator "%s"', a.generator) as subject,
  printf('pid %d and pid %d both drew %s%s%s', p.pid, o.pid, lower(hex(substr(a.bytes, 1, 16))),
    iif(a.n > 2, printf(', as did %d others', a.n - 2), ''),
    iif(a.values_n > 1, printf('; and %d other values that another process drew', a.values_n - 1), '')) as evidence,
  null as severity, null as strength, null as reason
from alike a join main.process p on p.id = a.process join main.process o on o.id = a.first
union all
select iif(k.state is null and l.state is null, 'found', 'accepted'), w.process,
  (select id from look where process = w.process and moment = 'born'), 'a token',
  printf('pid %d and pid %d both wrote %s%s%s', p.pid, o.pid, iif(cast(w.bytes as text) not glob '*[^ -~]*'
      and length(cast(w.bytes as text)) = length(w.bytes), '"' || cast(w.bytes as text) || '"',
      lower(hex(substr(w.bytes, 1, 32)))),
    iif(w.n > 1, printf('; and %d other pieces that look random', w.n - 1), '')),
  'low', 'suspect', 'it draws from a state that another process has too: ' || ifnull(k.state, l.state)
from written w join main.process p on p.id = w.process join main.process o on o.id = w.other
left join known k on k.process = w.process left join known l on l.process = w.other
union all
select 'pass', d.process, (select id from look where process = d.process and moment = 'born'),
  printf('generator "%s"', d.generator), printf('%d identifiers drawn, none of which another process drew', count(*)),
  null, null, null
from main.draw d join generator_name n on n.name = d.generator and n.purpose = 'identifier'
join main.process p on p.id = d.process
left join value v on v.generator = d.generator and v.bytes = d.bytes
where p.parent is not null and length(d.bytes) >= 8 group by d.process, d.generator having count(v.bytes) = 0
