-- views.sql - temporary views, and tables of what is costly to work out, that several checks share. Made anew for each
-- judgement; they stay for the report.

-- Who the stopped thread was at a look: one row per look that has credentials.
drop table if exists temp.identity;
create temp table identity as
select l.id as look, l.process, l.seq, l.moment, l.image, l.call, l.marker, l.threads, l.fd_table, l.limit_table,
  l.environ_table, l.map_table, c.tid, c.ruid, c.euid, c.suid, c.fsuid, c.rgid, c.egid, c.sgid, c.fsgid, c.groups,
  c.cap_inh, c.cap_prm, c.cap_eff, c.cap_bnd, c.cap_amb, c.no_new_privs, c.seccomp, c.dumpable, c.user_ns
from main.look l join main.cred c on c.look = l.id and c.tid = l.tid;
create index temp.identity_look on identity (look);
create index temp.identity_process on identity (process, seq);
create index temp.identity_call on identity (call);

-- Who each process was when it began: at its birth, or at its first exec when it was launched.
drop table if exists temp.first_identity;
create temp table first_identity as
select *, min(seq) as first_seq from identity group by process;
create index temp.first_identity_process on first_identity (process);

-- What each program (one image of one process) came to: its last look at rest, at its end, or before it ran at all.
-- Looks around single calls are passing states and are left out.
drop table if exists temp.resting;
create temp table resting as
select *, max(seq) as last_seq from identity
where moment in ('exec', 'settled', 'marker', 'exit') group by process, image;
create index temp.resting_process on resting (process, image);
create index temp.resting_look on resting (look);

-- The user namespace in which the audit began: capabilities of another one count only within that one.
create temp view if not exists home_ns as
select user_ns from identity where user_ns is not null order by seq limit 1;

-- Resting programs of a process that had effective uid 0 in its life and has another one now. root_seq: when it was
-- root last. by_exec: the present capabilities are a program file's, for it has run exec(2) since.
drop table if exists temp.dropped;
create temp table dropped as
select r.*, exists (select 1 from main.image i where i.process = r.process and i.seq > r.root_seq and i.seq <= r.seq)
    as by_exec,
  exists (select 1 from main.image i where i.id = r.image and i.process = r.process and i.mode & 2048 and i.uid = r.euid
    and r.root_seq < i.seq and not exists (select 1 from identity m where m.process = r.process and m.euid <> 0
      and m.seq < i.seq and m.moment <> 'exec')) as by_setuid_program
from (select t.*, (select max(e.seq) from identity e where e.process = t.process and e.seq < t.seq and e.euid = 0)
    as root_seq from resting t where t.euid <> 0) r
where r.root_seq is not null;
create index temp.dropped_process on dropped (process, image);
create index temp.dropped_look on dropped (look);

-- Uids and gids (kind 'u', 'g') that were privilege in a process: effective 0, or given by a set-id program. `seq`: when.
create temp view if not exists privilege as
select e.process, e.seq, 'u' as kind, e.euid as id from identity e
where e.euid = 0 or (e.moment = 'exec' and e.euid <> e.ruid
  and exists (select 1 from main.image i where i.id = e.image and i.secure = 1))
union all
select e.process, e.seq, 'g', e.egid from identity e
where (e.egid = 0 and e.euid = 0) or (e.moment = 'exec' and e.egid <> e.rgid
  and exists (select 1 from main.image i where i.id = e.image and i.secure = 1));

-- Each of them once, as it was first.
drop table if exists temp.first_privilege;
create temp table first_privilege as select process, kind, id, min(seq) as seq from privilege group by process, kind, id;
create index temp.first_privilege_process on first_privilege (process, kind, id);

-- Ids whose return a process may try, to test its drop: privilege, and 0 or a saved id that it was born with.
create temp view if not exists former_id as
select process, seq, kind, id from privilege
union all select process, seq, 'u', 0 from identity where ruid = 0 or suid = 0
union all select process, seq, 'g', 0 from identity where rgid = 0 or sgid = 0
union all select process, seq, 'u', suid from identity where moment = 'born' and suid <> euid
union all select process, seq, 'g', sgid from identity where moment = 'born' and sgid <> egid;

-- Calls that change ids, groups or capabilities, with who the caller was. kind: 'u', 'g', 's' (groups),
-- 'c'; asked: the arguments as text; regain: it asks for a privileged id that was given up, and was refused (by the kernel,
-- or with any errno by the audit itself).
create temp view if not exists id_call as
select c.*, (c.error = 1 or (c.error > 0 and c.injected)) and exists (select 1 from former_id p
  join identity b on b.look = c.before_look
    where p.process = c.process and p.kind = c.kind and p.seq < c.seq
      and p.id not in (iif(p.kind = 'u', b.ruid, b.rgid), iif(p.kind = 'u', b.euid, b.egid),
        iif(p.kind = 'u', b.suid, b.sgid))
      and p.id in (c.a0, iif(c.name in ('setuid', 'setgid'), c.a0, c.a1),
        iif(c.name in ('setresuid', 'setresgid'), c.a2, c.a0))) as regain
from (select k.*, ifnull(k.end_seq, k.seq) as after_seq,
  case when k.name in ('setuid', 'setreuid', 'setresuid') then 'u'
    when k.name in ('setgid', 'setregid', 'setresgid') then 'g'
    when k.name = 'setgroups' then 's' else 'c' end as kind,
  k.name || '(' || case when k.name in ('setgroups', 'capset') then ifnull(k.detail, '')
    when k.name in ('setuid', 'setgid') then k.a0 when k.name in ('setreuid', 'setregid') then printf('%d, %d', k.a0, k.a1)
    else printf('%d, %d, %d', k.a0, k.a1, k.a2) end || ')' as asked,
  coalesce((select b.look from identity b where b.call = k.id and b.moment = 'before-change'),
    (select b.look from identity b where b.process = k.process and b.seq <= k.seq order by b.seq desc limit 1))
    as before_look
  from main.call k
  where k.name in ('setuid', 'setgid', 'setreuid', 'setregid', 'setresuid', 'setresgid', 'setgroups', 'capset')) c;

-- Attempts of disposable copies. rest: the resting look for which they speak: the process was copied then, or earlier in the
-- same program with the same ids, groups and capabilities (the last such time). what: kind and wanted, to be read;
-- calls: how many were tried.
drop table if exists temp.proof_of;
create temp table proof_of as
select r.look as rest, p.look, p.process, p.kind, p.wanted, p.outcome, case when p.kind <> 'cap'
    then iif(p.kind = 'uid-map', 'uid', p.kind) || ' ' || substr(p.wanted, 1, 200)
    when length(p.wanted) - length(replace(p.wanted, ',', '')) < 6 then substr(p.wanted, 1, 200)
    else printf('%d capabilities', 1 + length(p.wanted) - length(replace(p.wanted, ',', ''))) end as what,
      substr(p.call, 1, 300) as call,
  substr(p.detail, 1, 300) as detail, case when p.kind = 'cap' then 1 + length(p.wanted) - length(replace(p.wanted, ',', ''))
    else ifnull(length(p.call) - length(replace(p.call, '(', '')), 0) end as calls
from (select r.look, (select max(q.seq) from identity q where q.process = r.process and q.image is r.image and q.seq <= r.seq
    and exists (select 1 from main.proof p where p.look = q.look)
    and (q.ruid, q.euid, q.suid, q.fsuid, q.rgid, q.egid, q.sgid, q.fsgid, q.groups)
      = (r.ruid, r.euid, r.suid, r.fsuid, r.rgid, r.egid, r.sgid, r.fsgid, r.groups)
    and q.cap_prm is r.cap_prm and q.cap_eff is r.cap_eff) as seq, r.process
  from resting r where exists (select 1 from main.proof)) r
join main.look l on l.process = r.process and l.seq = r.seq join main.proof p on p.look = l.id;
create index temp.proof_of_rest on proof_of (rest);

-- Places from which `forkaudit inject` made calls fail, in words: 'nginx> setgroups from ngx_worker_process_init (nginx)'.
-- The place is the innermost frame outside of the C library. process: that made the call in the clean run.
create temp view if not exists site_text as
select s.site, s.role, s.name, s.detail, s.process, s.first_call, s.object, s.symbol, printf('%s %s%s%s', s.role, s.name,
  iif(s.detail is not null and s.name not in ('setgroups', 'capset'), '(' || s.detail || ')', ''),
  ifnull(' from ' || coalesce(nullif(s.symbol, '') || ifnull(' (' || s.object || ')', ''),
    s.object || printf('+0x%llx', s.offset)), '')) as text
from (select t.id as site, substr(t.role, 1, 100) as role, t.name, substr(t.detail, 1, 100) as detail, p.id as process,
    t.first_call, substr(f.symbol, 1, 100) as symbol, f.offset,
    substr(replace(f.object, rtrim(f.object, replace(f.object, '/', '')), ''), 1, 100) as object
  from main.site t left join main.call c on c.id = t.first_call left join main.process p on p.id = c.process
  left join main.frame f on f.stack = t.stack and f.depth = (select min(o.depth) from main.frame o where o.stack = t.stack
    and o.object is not null and o.object not glob '*/libc.so*' and o.object not glob '*/libc-[0-9]*'
    and o.object not glob '*/ld-linux*' and o.object not glob '*/libpthread*')) s;

-- What came of the trials of one place with one outcome: errors 'EPERM, EAGAIN', said: the evidence of the first one
-- that kept something, else of the first; kept_*: in any of them, NULL: nothing; served: 0 when the poke failed in one.
-- Sites that differ only in who called the function are one place: it is mended once.
create temp view if not exists site_outcome as
select g.*, (select substr(o.evidence, 1, 1000) from main.injection o join site_text t on t.site = o.site
    where t.text = g.text and o.outcome = g.outcome
    order by coalesce(o.kept_uid, o.kept_gid, nullif(o.kept_groups, ''), nullif(o.kept_caps, 0)) is null,
      o.id limit 1) as said
from (select t.text, t.name, t.detail, min(t.process) as process, i.outcome, count(*) as trials,
    replace(group_concat(distinct errno_name(i.error)), ',', ', ') as errors, min(i.served) as served,
    min(i.kept_uid) as kept_uid, min(i.kept_gid) as kept_gid, max(nullif(i.kept_groups, '')) as kept_groups,
    max(nullif(i.kept_caps, 0)) as kept_caps
  from main.injection i join site_text t on t.site = i.site group by t.text, i.outcome) g;

-- Every ancestor of every process. branch: the child of the ancestor on the way down. Bounded, should a recording lie.
drop table if exists temp.lineage;
create temp table lineage (descendant integer, ancestor integer, branch integer, depth integer);
insert into temp.lineage
with recursive up (descendant, ancestor, branch, depth) as (
  select id, parent, id, 1 from main.process where parent is not null
  union all
  select u.descendant, p.parent, p.id, u.depth + 1 from up u join main.process p on p.id = u.ancestor
  where p.parent is not null and u.depth < 64)
select * from up;
create index temp.lineage_descendant on lineage (descendant, ancestor);
create index temp.lineage_ancestor on lineage (ancestor, descendant);

-- Descriptors 3 and up that a forked process holds when a new program begins, at the first exec that meets each:
-- verdict 'found' or 'accepted' with its reason; lowered: root's descriptor, and the new program is not root.
create temp view if not exists exec_descriptor as
select x.process, x.look, x.fd, x.description, x.listening, x.lowered, x.from_starter,
  printf('descriptor %d', x.fd) as subject,
  printf('%s %s (%s)%s is open in %s; %s', x.kind, ifnull(nullif(x.name, ''), '?'), ifnull(x.access, '?'),
    ifnull(', bound to ' || nullif(x.local_name, ''), ''), ifnull(x.path, 'the new program'),
    case when x.at_birth then printf('pid %d inherited it at fork under the same number', x.pid)
      when x.at_rest then printf('pid %d had it open while it waited, before the exec', x.pid)
      else printf('pid %d did not have it under this number at its birth', x.pid) end) as evidence,
  case when x.from_starter then 'whoever started the audited program had given it'
    when x.announced then 'the environment announces this number to the new program'
    when x.again then 'the same program executes itself again'
    when x.at_birth or x.at_rest then null
    when x.renumbered then 'it was placed at this number between fork and exec'
    else 'it was opened between fork and exec, for the new program' end as reason,
  case when x.from_starter or x.announced or x.again or not (x.at_birth or x.at_rest) then 'accepted' else 'found' end
    as verdict
from (select l.process, l.id as look, f.fd, f.description, d.kind, d.name, d.access, d.local_name, d.from_starter,
    ifnull(d.listening, 0) as listening, i.path, p.pid,
    exists (select 1 from main.fd o where o.fd_table = b.fd_table and o.fd = f.fd and o.description = f.description)
      as at_birth,
    exists (select 1 from main.fd o where o.fd_table = b.fd_table and o.description = f.description) as renumbered,
    not exists (select 1 from main.fd o where o.fd_table = b.fd_table and o.description = f.description)
      and exists (select 1 from main.look r join main.fd o on o.fd_table = r.fd_table where r.process = l.process
        and r.seq < l.seq and r.moment in ('settled', 'marker') and o.fd = f.fd and o.description = f.description)
      as at_rest,
    i.path is not null and replace(i.path, ' (deleted)', '') = replace(ifnull(
      (select o.path from main.image o where o.process = l.process and o.seq < i.seq order by o.seq desc limit 1),
      (select o.path from main.image o where o.id = p.image)), ' (deleted)', '') as again,
    exists (select 1 from main.environ e where e.environ_table = l.environ_table and (
      (e.name = 'LISTEN_FDS' and f.fd < 3 + cast(e.value as integer) and exists (select 1 from main.environ q
        where q.environ_table = l.environ_table and q.name = 'LISTEN_PID'
        and cast(q.value as integer) = ifnull(p.ns_pid, p.pid)))
      or (e.name = 'NGINX' and instr(';' || replace(e.value, ':', ';') || ';', ';' || f.fd || ';'))
      or (e.name = 'MAKEFLAGS' and instr(e.value, '--jobserver-') and (instr(e.value, '=' || f.fd || ',')
        or instr(e.value || ' ', ',' || f.fd || ' '))))) as announced,
    exists (select 1 from identity n where n.look = l.id and n.euid <> 0) and exists (select 1 from identity n
      where n.euid = 0 and n.look in (d.first_look, b.id)) as lowered
  from main.look l join main.process p on p.id = l.process and p.parent is not null
  join main.look b on b.process = l.process and b.moment = 'born' and b.fd_table is not null
  join main.fd f on f.fd_table = l.fd_table and f.fd >= 3
  join main.description d on d.id = f.description
  left join main.image i on i.id = l.image
  where l.moment = 'exec' and not exists (select 1 from main.look e join main.fd o on o.fd_table = e.fd_table
    where e.process = l.process and e.moment = 'exec' and e.seq < l.seq and o.description = f.description)) x;

-- Execs of forked processes whose descriptors are known before and after: what the checks above could judge.
create temp view if not exists judged_exec as
select l.process, l.id as look, l.seq, ifnull(i.path, 'the new program') as path,
  (select count(*) from main.fd f where f.fd_table = l.fd_table and f.fd >= 3) as above
from main.look l join main.process p on p.id = l.process and p.parent is not null
join main.look b on b.process = l.process and b.moment = 'born' and b.fd_table is not null
left join main.image i on i.id = l.image
where l.moment = 'exec' and l.fd_table is not null;
