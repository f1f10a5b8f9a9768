-- id-old-credential-worker.sql: something that was made before a drop still works with the old credentials
-- title: Old credentials still work for a dropped process
-- severity: high
-- strength: observed
-- cwe: CWE-271 CWE-269
-- cert: POS37-C
-- kin: CVE-2024-22017
-- needs: cred
-- why: An io_uring whose requests a kernel thread takes (IORING_SETUP_SQPOLL) works with the credentials of the one who made
--   it, and so does a personality that was registered with a ring. Both outlive setuid(2): in Node.js, files were created as
--   root after the drop, because libuv had made its ring before (CVE-2024-22017).
-- accepted: A ring without either: its requests carry the credentials of the one who submits them. A helper process that was
--   forked before the drop and stays root: that is privilege separation, and what it does for the process that dropped is to
--   be read in its source. A master that stays root to bind ports, rotate logs or watch over its workers, as sshd's monitor.
-- fix: Drop first, and make the ring afterwards; or close it and make it anew. Unregister personalities before the drop.
with fallen as materialized (select d.*, max(d.seq) from dropped d group by d.process),
rest as materialized (select i.*, max(i.seq) from fallen d join identity i on i.process = d.process and i.seq > d.root_seq
  where i.euid <> 0 and i.fd_table is not null and i.moment in ('exec', 'settled', 'marker', 'exit') group by i.process),
setup as materialized (select * from call where name = 'io_uring_setup' and error = 0),
-- Rings that the process made, or an ancestor before the fork; who made them.
ring as materialized (select r.process, c.id, c.seq, c.process as maker, c.result as fd, ifnull(c.detail, '') as detail,
    (select b.euid from identity b where b.process = c.process and b.seq <= c.seq order by b.seq desc limit 1) as euid
  from setup c cross join rest r on c.seq < r.seq and (c.process = r.process or exists
    (select 1 from lineage l join process b on b.id = l.branch where l.descendant = r.process and l.ancestor = c.process
      and b.seq > c.seq))),
open_ring as materialized (select r.process, r.look, f.fd, d.from_starter, d.first_look from rest r
  join fd f on f.fd_table = r.fd_table join description d on d.id = f.description and d.kind = 'io_uring'),
mapped as materialized (select r.process from rest r where exists (select 1 from mapping m where m.map_table = r.map_table
  and m.path glob 'anon_inode:?io_uring?*')),
kept as materialized (select g.*, r.look, r.euid as now, instr(g.detail, 'SQPOLL') > 0 as polls,
    exists (select 1 from call p where p.name = 'io_uring_register' and p.error = 0 and p.a0 = g.fd and p.seq between g.seq
      and r.seq and instr(ifnull(p.detail, ''), 'REGISTER_PERSONALITY') and not instr(p.detail, 'UNREGISTER')
      and (p.process = g.maker or p.process = g.process) and 0 = (select b.euid from identity b where b.process = p.process
        and b.seq <= p.seq order by b.seq desc limit 1)) as named
  from ring g join rest r on r.process = g.process where g.euid = 0 and not exists (select 1 from ring o
    where o.process = g.process and o.fd = g.fd and o.seq > g.seq)
    and (exists (select 1 from open_ring o where o.process = g.process and (o.fd = g.fd
        or o.fd not in (select n.fd from ring n where n.process = g.process)))
      or (g.process in (select process from mapped) and g.process not in (select process from open_ring)))),
-- Processes that are root at rest while others of their program gave root up.
root as materialized (select r.process, r.look, r.image, r.seq, p.pid, p.seq as born_seq, p.image as born_image, i.path,
    (select l.fd_table from look l where l.process = r.process and l.fd_table is not null order by l.seq desc limit 1) as fds
  from resting r join process p on p.id = r.process left join image i on i.id = r.image
  where r.euid = 0 and exists (select 1 from identity s where s.process = r.process and s.image is r.image
    and s.moment = 'settled' and s.euid = 0) and not exists (select 1 from image n where n.process = r.process
      and n.seq > r.seq)),
helper as materialized (select h.*, r.process as dropped, r.euid, min(h.pid), (select d.kind from fd f join description d
      on d.id = f.description and d.kind in ('pipe', 'fifo', 'socket') and not d.from_starter and not ifnull(d.listening, 0)
    join fd o on o.fd_table = r.fd_table join description e on e.id = o.description
    where f.fd_table = h.fds and (e.id = d.id or (d.kind = 'pipe' and e.kind = 'pipe' and e.dev = d.dev and e.ino = d.ino))
    limit 1) as channel
  from root h join process p on p.id = h.process and h.image is p.image join rest r on r.process = p.parent
  where h.born_seq <= (select max(e.seq) from identity e where e.process = r.process and e.euid = 0) group by h.process),
master as materialized (select m.* from root m where exists (select 1 from process c join lineage l on l.descendant = c.id
    and l.ancestor = m.process join fallen d on d.process = c.id where c.image is m.image))
select iif(k.polls or k.named, 'found', 'accepted') as result, k.process, k.look, 'io_uring ' || k.fd as subject,
  printf('descriptor %d is an io_uring that pid %d made as uid 0%s; it is still there, and the process is uid %d', k.fd,
    (select pid from process where id = k.maker), case when k.polls then ', with a kernel thread that takes its requests'
      when k.named then ', with root''s credentials registered as a personality' else '' end, k.now) as evidence,
  iif(k.polls or k.named, null, 'its requests carry the credentials of the process that submits them') as reason,
  iif(k.polls or k.named, 'high', 'info') as severity
from kept k
union all
select iif(o.from_starter, 'accepted', 'unknown'), o.process, o.look, 'io_uring ' || o.fd,
  printf('descriptor %d is an io_uring', o.fd), iif(o.from_starter, 'whoever started the audited program had given it',
    'how this io_uring was made, and as whom, was not seen'), iif(o.from_starter, 'info', 'high')
from open_ring o where o.process not in (select process from ring)
union all
select 'accepted', h.process, h.look, printf('pid %d', h.pid),
  printf('it was forked before its parent became uid %d, is root at rest, and shares a %s with it', h.euid, h.channel),
  'a helper that stays root by design (privilege separation): what it does when it is asked was not judged', 'info'
from helper h where h.channel is not null
union all
select 'accepted', m.process, m.look, ifnull(m.path, 'a program'), printf('%d %s at rest (pid %s), while what %s forked gave '
  || 'root up', count(*), iif(count(*) = 1, 'process of it is root', 'processes of it are root'), group_concat(m.pid, ', '),
    iif(count(*) = 1, 'it', 'they')),
  'a master or monitor stays root by design: to bind ports, rotate logs, or act for workers that may not', 'info'
from master m group by m.path
union all
select 'unknown', d.process, null, 'uid ' || d.euid, 'its descriptors were not seen', substr(g.detail, 1, 1000), 'high'
from fallen d join gap g on g.source = 'fd' and (g.process is null or g.process = d.process) group by d.process
union all
select 'pass', r.process, r.look, 'uid ' || r.euid, 'no io_uring is open', null, 'high' from rest r
where r.process not in (select process from open_ring) and r.process not in (select process from mapped)
  and not exists (select 1 from gap g where g.source = 'fd' and (g.process is null or g.process = r.process))
