-- rng-wipe-inactive.sql: memory was to be wiped in children (MADV_WIPEONFORK), it was not, and a generator is shared
-- title: MADV_WIPEONFORK is not in force, and a stream is shared
-- severity: critical
-- strength: observed
-- cwe: CWE-335 CWE-336 CWE-252
-- cert: MSC32-C ERR33-C
-- kin: s2n#3107
-- needs: generator
-- why: A page with MADV_WIPEONFORK is empty in every child, and a generator that keeps a flag or its state there knows
--   of any fork, however it was made. The call fails (EINVAL) for an address that is not page-aligned, for memory that
--   is shared or a file's, and on kernels before 4.14; s2n issue 3107 is one that never could succeed. One that comes
--   after the fork protects later children only. Here the call failed or came too late, and copies of parent and child
--   drew equal values from a generator that relies on it: one that is known to, one whose state lies in that memory, or
--   one of the program's own. The severity is that of the use, as in rng-shared, which does not report it again.
-- accepted: none
-- fix: Give madvise(2) whole private anonymous pages before the first fork, check its result, and compare the pid as
--   well where it fails.
select 'found' as result, f.process, (select id from look where process = f.process and moment = 'born') as look,
  printf('generator "%s"', f.state) as subject,
  printf('madvise(0x%x, %d, MADV_WIPEONFORK) of pid %d %s; drawn in copies, pid %d and its parent pid %d give the'
    || ' same: %s; pid %d %s', w.a0, w.a1, (select pid from main.process where id = w.process),
    iif(w.error, 'failed with ' || errno_name(w.error), 'came after the fork'), f.pid, f.parent_pid,
    (select text from equal_values where comparison = f.comparison), f.pid,
    iif(f.used, 'drew from it', 'was not seen to draw from it')) as evidence,
  null as reason, (select u.severity from use_severity u where u.purpose is f.purpose and u.used = f.used) as severity
from forked_state f join wipe_call w on w.id = f.wipe where f.story = 'wipe'
union all
select 'pass', f.process, (select id from look where process = f.process and moment = 'born'),
  iif(count(*) = 1, printf('generator "%s"', f.state), printf('%d generators', count(*))),
  printf('kept in memory that the kernel wipes, pid %d and its parent pid %d part: %s', f.pid, f.parent_pid,
    group_concat(f.state, ', ')), null, null
from forked_state f where f.guard is 'wipe' and f.verdict = 'diverged' group by f.process
