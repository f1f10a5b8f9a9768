-- views_rng.sql - views and tables about random numbers: who drew what from which state, and who has a state of another.
-- Made after those of views.sql. Columns that are worked out are cast: without a type SQLite would not use their index.

-- Generators that can be called, by name. state: the name of the one whose state it has, its own where that is so. Of
-- several with one name the gravest purpose counts.
drop table if exists temp.generator_name;
create temp table generator_name as
select name, cast(min(ifnull(state_of, name)) as text) as state, min(purpose) as purpose
from main.generator where source <> 'code' group by name;
create index temp.generator_name_name on generator_name (name);
drop table if exists temp.generator_state;
create temp table generator_state as
select n.state, min(n.purpose) as purpose, min(g.guard) as guard,
  max(g.source in ('option', 'marker') and g.guard is null) as is_own
from generator_name n join main.generator g on g.name = n.name and g.source <> 'code' group by n.state;
create index temp.generator_state_state on generator_state (state);

-- How grave it is that values repeat: used: they were drawn, not only could be. A purpose that is not known is taken
-- for the gravest.
drop table if exists temp.use_severity;
create temp table use_severity (purpose text, used integer, severity text);
insert into temp.use_severity values ('cryptographic', 1, 'critical'), ('cryptographic', 0, 'low'),
  ('identifier', 1, 'high'), ('identifier', 0, 'low'), ('ordinary', 1, 'medium'), ('ordinary', 0, 'info'),
  (null, 1, 'critical'), (null, 0, 'low');

-- Processes that were given the pid of an ancestor again, on purpose: what they repeat of it is told by rng-pid-reuse.
drop table if exists temp.pid_again;
create temp table pid_again as
select l.descendant as process, l.ancestor as other from lineage l join main.process p on p.id = l.descendant
join main.process a on a.id = l.ancestor
where (select reuse_pid from main.audit) and ifnull(p.ns_pid, p.pid) = ifnull(a.ns_pid, a.pid);

-- Draws, with the program (image) they were made in. Processes of one image are copies of one program by fork. seen: a
-- breakpoint saw the value returned; where a program hands over what a generator of that name gave, that alone counts.
drop table if exists temp.image_begin;
create temp table image_begin as select process, seq, id from main.image;
create index temp.image_begin_process on image_begin (process, seq);
drop table if exists temp.copied_draw;
create temp table copied_draw as
select d.id, d.process, d.tid, d.seq, d.generator, cast(ifnull(n.state, d.generator) as text) as state, n.purpose,
  d.marker is null as seen, d.bytes, cast(coalesce(
    (select i.id from image_begin i where i.process = d.process and i.seq <= d.seq order by i.seq desc limit 1),
    p.image) as integer) as image
from main.draw d join main.process p on p.id = d.process left join generator_name n on n.name = d.generator
where d.marker is not null or d.generator not in (select generator from main.draw where marker is not null);
create index temp.copied_draw_stream on copied_draw (process, image, generator, seq, id);

-- What a process drew from a generator in one program, in order. Identifiers that were seen are compared whole, not
-- here: the UUIDs of one host have most of their bytes in common. A generator that calls another one was seen twice: of
-- equal streams the gravest and shortest name stays.
drop table if exists temp.stream;
create temp table stream as
select process, image, generator, state, purpose, seen, bytes
from (select *, row_number() over (partition by process, image, seen, iif(seen, bytes, generator)
    order by purpose is not null, purpose, length(generator), generator) as nth
  from (select k.process, k.image, k.generator, k.state, k.purpose, k.seen,
      (select concat_blob(bytes) from (select d.bytes from copied_draw d where d.process = k.process and d.image = k.image
        and d.generator = k.generator order by d.seq, d.id)) as bytes
    from (select distinct process, image, generator, state, purpose, seen from copied_draw where image is not null
      and not (seen and purpose is 'identifier')) k))
where nth = 1;
create index temp.stream_process on stream (process, image, generator);
create index temp.stream_image on stream (image, generator, process);

-- A forked process's own draws beside what an ancestor drew after they parted. same: bytes of the common beginning; of
-- values that a breakpoint saw 0 where they are too small to tell.
create temp view if not exists parted_stream as
select x.*, iif(x.seen and not looks_random(substr(x.own, 1, x.begins)), 0, x.begins) as same
from (select s.process, s.generator, s.state, s.purpose, s.seen, s.image, a.ancestor, a.depth, s.bytes as own,
    a.bytes as other, prefix_equal(s.bytes, a.bytes) as begins
  from (select k.process, k.generator, k.image, l.ancestor, l.depth, (select concat_blob(bytes) from
        (select d.bytes from copied_draw d where d.process = l.ancestor and d.image = k.image
          and d.generator = k.generator and d.seq > b.seq order by d.seq, d.id)) as bytes
      from (select distinct process, image, generator from copied_draw) k
      join main.process p on p.id = k.process and p.image = k.image
      join lineage l on l.descendant = k.process join main.process b on b.id = l.branch) a
  join stream s on s.process = a.process and s.generator = a.generator and s.image = a.image
  where length(a.bytes) > 0) x;

-- Forked processes of one program that drew eight bytes in a row alike, with up to eight earlier ones each. same_pid: a
-- pid that was given again on purpose explains it (rng-pid-reuse).
drop table if exists temp.twin;
create temp table twin as
select t.*, (select reuse_pid from main.audit) and ifnull(p.ns_pid, p.pid) = ifnull(o.ns_pid, o.pid) as same_pid
from (select g.image, g.generator, g.state, g.purpose, g.seen, cast(json_extract(j.value, '$[0]') as integer) as process,
    cast(json_extract(j.value, '$[1]') as integer) as other
  from (select s.image, s.generator, s.state, s.purpose, s.seen, repeated(s.process, s.bytes, s.seen) as pairs
    from stream s join main.process p on p.id = s.process and p.image = s.image and p.parent is not null
    group by s.image, s.generator having count(*) > 1) g, json_each(g.pairs) j) t
join main.process p on p.id = t.process join main.process o on o.id = t.other;
create index temp.twin_process on twin (process, generator, other);

-- Who drew from which state, in which program.
drop table if exists temp.drawn;
create temp table drawn as
select process, cast(image as integer) as image, cast(state as text) as state, min(seq) as first_seq, max(seq) as last_seq
from (select c.process, coalesce(c.image, p.image) as image, ifnull(n.state, c.generator) as state, c.seq
    from main.generator_call c join main.process p on p.id = c.process left join generator_name n on n.name = c.generator
    where c.kind = 'draw'
  union all select process, image, state, seq from copied_draw)
group by process, image, state;
create index temp.drawn_process on drawn (process, state, image);

-- Who seeded which state.
drop table if exists temp.seeding;
create temp table seeding as
select c.id, c.process, cast(coalesce(c.image, p.image) as integer) as image,
  cast(ifnull(n.state, c.generator) as text) as state, n.purpose, c.generator,
  c.symbol, c.seq, c.seed, c.seed_is, ifnull(c.is_added, 0) as is_added
from main.generator_call c join main.process p on p.id = c.process left join generator_name n on n.name = c.generator
where c.kind = 'seed';
create index temp.seeding_process on seeding (process, state, seq);

-- States of a process that gave the same values in copies, under several names: a function that calls another one (random(3)
-- calls random_r). The one that was drawn from, then the gravest, then the first found speaks for the others.
drop table if exists temp.state_alias;
create temp table state_alias as
select distinct a.process, a.state
from (select v.process, v.state, row_number() over (partition by v.process, v.kind, v.bytes order by not v.used,
      v.purpose is not null, v.purpose, v.id) as nth
  from (select c.process, c.kind, n.state, s.purpose, substr(c.own, 1, 64) as bytes, min(g.id) as id,
      exists (select 1 from drawn d where d.process = c.process and d.state = n.state) as used
    from main.comparison c join main.generator g on g.id = c.generator join generator_name n on n.name = g.name
    join generator_state s on s.state = n.state
    where c.verdict = 'shared' and c.kind in ('newborn', 'fork', 'sibling', 'now') and length(c.own) >= 16
      and looks_random(substr(c.own, 1, 64))
    group by c.process, c.kind, n.state, substr(c.own, 1, 64)) v) a
where a.nth > 1;
create index temp.state_alias_process on state_alias (process, state);

-- Comparisons, one of each kind for each process and state: what is proven before what is not. The process is always
-- the later one, also where the parent was judged; then `other` is the parent and is_turned is 1. equal: how many were
-- shared.
drop table if exists temp.compared;
create temp table compared as
select cast(process as integer) as process, cast(other as integer) as other, kind, state, comparison, verdict, reason,
  is_turned, moved, other_moment, ifnull(sum(pid_repeats), 0) > 0 as pid_repeats, sum(verdict = 'shared') as equal,
  count(*) as n, min(rank) as rank
from (select iif(t.is_turned, c.other, c.process) as process, iif(t.is_turned, c.process, c.other) as other, c.kind,
    n.state, c.id as comparison, c.verdict, c.reason, t.is_turned, c.pid_repeats,
    ifnull(iif(t.is_turned or c.kind = 'fork', c.other_shift, c.shift), 0) > 0 as moved,
    (select s.moment from main.snapshot s where s.id = iif(t.is_turned, c.snapshot, c.other_snapshot)) as other_moment,
    1000000000000 * case c.verdict when 'shared' then iif(c.kind = 'sibling' and exists (select 1 from drawn d
        where d.process = c.other and d.state = n.state), 0, 1) when 'weak' then 2 when 'unseeded' then 3
      when 'one-generator' then 4 when 'diverged' then 5 when 'refuses' then 6 else 7 end + c.id as rank
  from (select c.id, c.kind in ('parent', 'now') and b.parent is c.process as is_turned
    from main.comparison c join main.process b on b.id = c.other join main.process a on a.id = c.process) t
  join main.comparison c on c.id = t.id join main.generator g on g.id = c.generator
  join generator_name n on n.name = g.name) v
where not exists (select 1 from state_alias l where l.process = v.process and l.state = v.state)
group by process, kind, state;
create index temp.compared_process on compared (process, state, kind);

-- madvise(MADV_WIPEONFORK) calls.
drop table if exists temp.wipe_call;
create temp table wipe_call as
select id, process, image, seq, a0, a1, error from main.call where name = 'madvise' and a2 = 18 and error is not null;
create index temp.wipe_call_process on wipe_call (process, seq);

-- States that a child of this parent parted without a seeding call that was seen, though the library itself does not:
-- its fork ran handlers of the program.
drop table if exists temp.handled;
create temp table handled as
select p.parent, p.image, n.state, p.born, p.clone_flags, min(p.id) as process
from compared n join compared f on f.process = n.process and f.state = n.state and f.kind = 'fork'
join main.process p on p.id = n.process
where n.kind = 'newborn' and n.verdict = 'shared' and f.verdict = 'diverged' and p.born = 'fork'
  and not exists (select 1 from seeding s where s.process = p.id and s.state = n.state and s.image is p.image)
group by p.parent, p.image, n.state, p.clone_flags;
create index temp.handled_parent on handled (parent, state);

-- How many children of one parent drew from a state of the program they were forked in.
drop table if exists temp.child_drawn;
create temp table child_drawn as
select p.parent, p.image, d.state, count(*) as n
from drawn d join main.process p on p.id = d.process and p.image is d.image where p.parent is not null
group by p.parent, p.image, d.state;
create index temp.child_drawn_parent on child_drawn (parent, state, image);

-- Each state of each forked process, judged against its parent. comparison, kind, verdict, reason: of the child as it
-- went on, else of the newborn, else of both now. used: the process drew from it; parent_drew: so did the parent, after
-- the fork. parent_used: the parent drew at all. parent_left: the parent was in another state before it drew again;
-- handed_on: it came to its end and never drew again, nor did another child of it. reseeded: the process left the
-- common stream after its first draw.
drop table if exists temp.forked_state;
create temp table forked_state as
select y.*, case when y.verdict <> 'shared' then null
    when y.guard is 'pthread_atfork' or y.handled is not null then 'bypass'
    when y.wipe is not null then 'wipe' when y.reseeded then 'window' else 'shared' end as story
from (select x.*, c.kind,
    iif(x.is_early and c.verdict = 'shared', 'undecided', c.verdict) as verdict,
    iif(x.is_early and c.verdict = 'shared', 'it was seen only before its fork handlers could run', c.reason) as reason,
    x.r_verdict is 'diverged' and (x.r_reason is 'reseed' or x.r_moment is 'first-draw' or not x.parent_drew or exists (
      select 1 from seeding s where s.process = x.parent and s.state = x.state and s.seq > x.born_seq)) as parent_left,
    x.r_verdict is 'shared' and not x.parent_moved and not x.parent_drew and x.parent_ending in ('exited', 'signalled')
      and x.r_moment in ('exit', 'exec') and x.used = ifnull((select d.n from child_drawn d where d.parent = x.parent
        and d.state = x.state and d.image is x.image), 0) as handed_on,
    c.verdict = 'shared' and c.kind = 'fork' and x.l_verdict is 'diverged' and (x.l_reason is 'reseed' or exists (
      select 1 from seeding s where s.process = x.process and s.state = x.state and s.image is x.image)) as reseeded,
    iif(c.verdict = 'shared' and c.kind = 'fork' and x.guard is null, (select h.process from handled h where h.parent = x.parent
      and h.image is x.image and h.state = x.state and h.process <> x.process
      and (h.born <> x.born or h.clone_flags is not x.clone_flags) limit 1), null) as handled,
    iif(c.verdict = 'shared', (select w.id from (select x.process as holder, x.process as branch
          union all select l.ancestor, l.branch from lineage l where l.descendant = x.process) k
        join wipe_call w on w.process = k.holder join main.process b on b.id = k.branch
        where w.image is x.image and iif(w.error, w.seq < b.seq or w.process = x.process, w.seq > b.seq)
          and (x.guard is 'wipe' or x.is_own or exists (select 1 from main.generator_call g join generator_name n
            on n.name = g.generator where g.process = w.process and n.state = x.state
            and g.context between w.a0 and w.a0 + w.a1 - 1))
        order by w.seq limit 1), null) as wipe
  from (select z.*, z.chosen = 'newborn' and z.guard is 'pthread_atfork' as is_early from (select k.process, k.state, s.purpose, s.guard, s.is_own, p.pid, p.parent, a.pid as parent_pid,
      a.ending as parent_ending, p.seq as born_seq, p.image, p.born, p.clone_flags,
      case when f.verdict <> 'undecided' then f.comparison when n.verdict = 'diverged' or f.verdict is null
        then coalesce(n.comparison, w.comparison) else f.comparison end as comparison,
      case when f.verdict <> 'undecided' then f.kind when n.verdict = 'diverged' or f.verdict is null
        then coalesce(n.kind, w.kind) else f.kind end as chosen,
      exists (select 1 from drawn d where d.process = k.process and d.state = k.state and d.image is p.image)
        or ifnull(f.verdict = 'shared' and f.moved, 0) as used,
      ifnull(r.verdict = 'shared' and r.moved, 0) as parent_moved,
      exists (select 1 from drawn d where d.process = p.parent and d.state = k.state and d.image is p.image
        and d.last_seq > p.seq) or ifnull(r.verdict = 'shared' and r.moved, 0) as parent_drew,
      exists (select 1 from drawn d where d.process = p.parent and d.state = k.state and d.image is p.image) as parent_used,
      r.verdict as r_verdict, r.reason as r_reason, r.other_moment as r_moment, l.verdict as l_verdict,
      l.reason as l_reason, n.verdict as newborn, ifnull(n.pid_repeats, 0) as pid_repeats, f.verdict as fork, f.reason as fork_reason,
      ifnull(f.pid_repeats, 0) as fork_pid_repeats
    from (select distinct process, state from compared where kind in ('newborn', 'fork', 'now')) k
    join main.process p on p.id = k.process join main.process a on a.id = p.parent
    left join generator_state s on s.state = k.state
    left join compared n on n.process = k.process and n.state = k.state and n.kind = 'newborn'
    left join compared f on f.process = k.process and f.state = k.state and f.kind = 'fork'
    left join compared l on l.process = k.process and l.state = k.state and l.kind = 'later'
    left join compared r on r.process = k.process and r.state = k.state and r.kind = 'parent'
    left join compared w on w.process = k.process and w.state = k.state and w.kind = 'now' and w.other = p.parent) z) x
  join compared c on c.process = x.process and c.state = x.state and c.kind = x.chosen and c.comparison = x.comparison) y;
create index temp.forked_state_process on forked_state (process, state);

-- The first values that a comparison found equal, to be read.
create temp view if not exists equal_values as
select c.id as comparison, iif(length(c.bytes), lower(hex(c.bytes)), 'values')
  || iif(ifnull(c.equal, 0) * ifnull(c.value_size, 0) > length(c.bytes), '...', '')
  || printf(' (%d equal values in a row%s%s)', c.equal, iif(c.shift or c.other_shift,
    printf(', from value %d of the one and value %d of the other on', c.shift + 1, c.other_shift + 1), ''),
    iif(c.partial, '; then they part', '')) as text
from (select id, equal, value_size, shift, other_shift, partial, substr(ifnull(own, x''),
    1 + ifnull(shift, 0) * ifnull(value_size, 0), min(16, max(1, equal) * ifnull(value_size, 1))) as bytes
  from main.comparison) c;

-- One row when processes were forked and no program could have handed over what its generators gave.
create temp view if not exists uninstrumented as
select 'random numbers' as subject,
  printf('%d processes were forked; no program has forkaudit markers', count(*)) as evidence,
  'the program is not instrumented: its random numbers could not be compared; run with --generators' as reason
from main.process where parent is not null and not exists (select 1 from main.image where markers > 0)
  and not exists (select 1 from main.audit where generators)
having count(*) > 0;
