-- fd-closeall-gap.sql: a process closed what it inherited, but only up to a limit, and something above survived
-- title: Close-all stops short of an open descriptor
-- severity: high
-- strength: observed
-- cwe: CWE-403 CWE-404
-- cert: FIO22-C
-- kin: bpo#21618 nsjail#328
-- needs: fd limit identity call
-- why: A loop from 3 to getdtablesize() or sysconf(_SC_OPEN_MAX) stops at the soft limit as it is now, and descriptors that
--   were opened before the limit was lowered stay open above it; a fixed upper bound fails the same way. The process
--   believes that it is clean. Kin: CPython issue 21618 (close_fds and a lowered limit), nsjail pull 328 (numbers above
--   1023 enter the jail).
-- accepted: Descriptors that the starter of the audited program had given.
-- fix: Call close_range(3, ~0U, 0); where the kernel lacks it, close what /proc/self/fd lists, and fail if that cannot be
--   read. spc_sanitize_files() does so. Never loop up to the limit.
with looked as materialized (select l.id as look, l.process, l.moment, l.fd_table, b.fd_table as at_birth, max(l.seq),
    coalesce((select soft from resource_limit r where r.limit_table = l.limit_table and r.name = 'Max open files'),
      (select soft from resource_limit r where r.limit_table = b.limit_table and r.name = 'Max open files')) as soft,
    (select max(c.a1 & 4294967295) from call c where c.process = l.process and c.name = 'close_range' and c.error = 0
      and c.seq < l.seq) as range_end
  from look l join process p on p.id = l.process and p.parent is not null
  join look b on b.process = l.process and b.moment = 'born' and b.fd_table is not null
  where l.fd_table is not null and l.moment in ('exec', 'settled', 'marker', 'exit')
    and (l.moment = 'exec' or l.image is p.image)
    and not exists (select 1 from look e where e.process = l.process and e.moment = 'exec' and e.seq < l.seq)
  group by l.process, l.moment = 'exec'),
inherited as materialized (select k.look, k.process, f.fd, f.description, d.from_starter, d.kind, d.name,
    exists (select 1 from fd n where n.fd_table = k.fd_table and n.fd = f.fd and n.description = f.description) as open,
    k.soft, k.range_end,
    (k.soft >= 0 and f.fd >= k.soft) as above_limit, ifnull(f.fd > k.range_end, 0) as above_range
  from looked k join fd f on f.fd_table = k.at_birth and f.fd >= 3 join description d on d.id = f.description
  where not (k.moment = 'exec' and f.cloexec)),
-- A close-all keeps nothing below its end, or closes at least three: one descriptor closed by hand is none.
swept as materialized (select look, process, soft, range_end, sum(not open) as closed,
    sum(open and not above_limit) as kept_below, sum(open and above_limit) as over_limit,
    sum(open and above_range) as over_range, max(iif(open, null, fd)) as highest_closed
  from inherited group by look),
gap as materialized (select i.process, i.look, i.fd, i.kind, i.name, i.from_starter, s.closed,
    iif(i.above_limit, printf('at or above the soft limit of open files, %d', i.soft),
      printf('above %d, where close_range(2) was told to stop', i.range_end)) as where_it_is
  from swept s join inherited i on i.look = s.look and i.open
  where s.closed > 0 and ((i.above_limit and (s.kept_below = 0 or s.closed >= 3)
      and not exists (select 1 from inherited o where o.look = i.look and not o.open and o.above_limit))
    or (i.above_range and i.range_end < 2147483647 and s.closed >= 1)))
select iif(from_starter, 'accepted', 'found') as result, process, min(look) as look,
  printf('descriptor %d', fd) as subject,
  printf('%s %s is still open: it is %s, and %d descriptors below were closed', kind, ifnull(name, '?'), where_it_is, closed)
    as evidence,
  iif(from_starter, 'whoever started the audited program had given it', null) as reason
from gap group by process, fd
union all
select 'pass', process, look, printf('%d descriptors closed', closed), 'nothing above the end of the close-all is open', null
from swept s where (closed >= 3 or range_end is not null) and over_limit = 0
  and (over_range = 0 or range_end >= 2147483647) and not exists (select 1 from gap g where g.process = s.process)
