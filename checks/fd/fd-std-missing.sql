-- fd-std-missing.sql: a program starts, or a forked process works, with one of the descriptors 0 to 2 closed
-- title: Standard descriptor is closed
-- severity: medium
-- strength: observed
-- cwe: CWE-910 CWE-403
-- cert: none
-- kin: CVE-2023-29403
-- needs: fd
-- why: The next file or socket that is opened gets the free number, and then whatever prints to standard output or
--   standard error writes into it. In a privileged program this overwrites files; CVE-2023-29403 (Go runtime) is of that
--   kind. Severity high when the process is root, has capabilities, or gained privilege by the exec.
-- accepted: Descriptors that were closed already when the audited program was started: that is its starter's doing.
-- fix: Do not close descriptors 0 to 2: open /dev/null and dup2(2) it over them, as spc_sanitize_files() does.
with std (fd) as (values (0), (1), (2)),
starter as (select fd_table from look where moment = 'exec' and process in (select id from process where parent is null)
  and fd_table is not null order by seq limit 1),
looked as materialized (select l.id as look, l.process, l.seq, l.image, l.moment, l.fd_table, b.fd_table as at_birth
  from look l join process p on p.id = l.process and p.parent is not null
  left join look b on b.process = l.process and b.moment = 'born'
  where l.fd_table is not null and (l.moment = 'exec' or l.id in (select id from (select id, max(seq) from look
    where moment = 'settled' and fd_table is not null group by process, image)))),
missing as materialized (select k.*, s.fd,
    exists (select 1 from starter) and not exists (select 1 from starter t join fd f on f.fd_table = t.fd_table
      and f.fd = s.fd) as never_open
  from looked k join std s
  where not exists (select 1 from fd f where f.fd_table = k.fd_table and f.fd = s.fd)
    and (k.moment = 'exec' or exists (select 1 from fd f where f.fd_table = k.at_birth and f.fd = s.fd))),
verdict as (select process, never_open, look, min(seq) as seq, moment, image from missing group by process, never_open)
select iif(v.never_open, 'accepted', 'found') as result, v.process, v.look,
  'descriptor ' || (select group_concat(fd, ', ') from (select fd from missing m where m.look = v.look
    and m.never_open = v.never_open order by fd)) as subject,
  printf('closed %s %s', iif(v.moment = 'exec', 'at the start of', 'while it waits for work in'),
    ifnull((select path from image where id = v.image), 'the program')) as evidence,
  iif(v.never_open, 'it was closed already when the audited program was started', null) as reason,
  iif(exists (select 1 from identity i where i.look = v.look and (i.euid = 0 or i.cap_eff <> 0))
    or (v.moment = 'exec' and exists (select 1 from image where id = v.image and secure = 1)), 'high', 'medium')
    as severity
from verdict v
union all
select 'pass', process, look, ifnull((select path from image where id = k.image), 'the program'),
  'descriptors 0 to 2 are open', null, null
from looked k where k.moment = 'exec' and not exists (select 1 from missing m where m.process = k.process)
