-- privilege.sql - a recording for tests, beside daemon.sql: a root master whose workers drop to uid 33. Workers 11 to 17 do so alike and
-- completely, worker 18 keeps its saved uid and a thread; copies tried to get back what was given up; failures were injected.
DELETE FROM temp.finding;
DELETE FROM cred; DELETE FROM gap; DELETE FROM look; DELETE FROM call; DELETE FROM image; DELETE FROM process;

INSERT INTO process (id, seq, at, parent, pid, born, image, ending) VALUES (10, 1, 0, NULL, 700, 'launch', NULL, 'ended-by-audit');
INSERT INTO image (id, process, seq, path) VALUES (10, 10, 2, '/usr/sbin/served');
INSERT INTO look (id, process, tid, seq, at, moment, image) VALUES (1000, 10, 700, 3, 10, 'exec', 10), (1001, 10, 700, 4, 20, 'settled', 10);
INSERT INTO cred (look, tid, ruid, euid, suid, fsuid, rgid, egid, sgid, fsgid, groups, cap_inh, cap_prm, cap_eff, cap_bnd, cap_amb,
                  no_new_privs, seccomp, user_ns, securebits, dumpable) VALUES
  (1000, 700, 0, 0, 0, 0, 0, 0, 0, 0, '0 4', 0, 2199023255551, 2199023255551, 2199023255551, 0, 0, 0, 1, NULL, NULL),
  (1001, 700, 0, 0, 0, 0, 0, 0, 0, 0, '0 4', 0, 2199023255551, 2199023255551, 2199023255551, 0, 0, 0, 1, NULL, NULL);

-- The workers: born, setgroups(33), setresgid(33, 33, 33), setresuid(33, 33, 33), prctl(PR_SET_NO_NEW_PRIVS), three refused attempts to
-- get uid 0 back, settled.
CREATE TEMP TABLE worker AS WITH RECURSIVE n (i) AS (SELECT 11 UNION ALL SELECT i + 1 FROM n WHERE i < 18) SELECT i FROM n;
CREATE TEMP TABLE step (k, moment, name, detail, a0, a1, a2, result, error, uid, saved, gid, groups, caps, nnp, dumpable);
INSERT INTO temp.step VALUES
  (0, 'born', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, '0 4', 2199023255551, 0, NULL),
  (1, 'before-change', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, '0 4', 2199023255551, 0, NULL),
  (2, 'after-change', 'setgroups', '33', 1, 4096, NULL, 0, 0, 0, 0, 0, '33', 2199023255551, 0, NULL),
  (3, 'after-change', 'setresgid', NULL, 33, 33, 33, 0, 0, 0, 0, 33, '33', 2199023255551, 0, NULL),
  (4, 'after-change', 'setresuid', NULL, 33, 33, 33, 0, 0, 33, 33, 33, '33', 0, 0, NULL),
  (5, 'after-change', 'prctl', 'PR_SET_NO_NEW_PRIVS 1', 38, 1, 0, 0, 0, 33, 33, 33, '33', 0, 1, NULL),
  (6, NULL, 'setresuid', NULL, -1, 0, -1, -1, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (7, NULL, 'setresuid', NULL, -1, 0, -1, -1, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (8, NULL, 'setresuid', NULL, -1, 0, -1, -1, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (9, NULL, 'prctl', 'PR_SET_DUMPABLE 1', 4, 1, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (10, 'settled', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 33, 33, 33, '33', 0, 1, 1);
INSERT INTO process (id, seq, at, parent, pid, born, image, ending)
  SELECT i, i * 100, i, 10, 700 + i, 'fork', 10, 'ended-by-audit' FROM temp.worker;
INSERT INTO call (id, process, tid, seq, at, image, name, abi, a0, a1, a2, detail, result, error, end_seq)
  SELECT i * 100 + k, i, 700 + i, i * 100 + k * 2 + 10, i, 10, name, 'x86_64', a0, a1, a2, detail, result, error, i * 100 + k * 2 + 11
  FROM temp.worker, temp.step WHERE name IS NOT NULL;
INSERT INTO look (id, process, tid, seq, at, moment, image, call)
  SELECT i * 100 + k, i, 700 + i, i * 100 + k * 2 + 11, i, moment, 10, iif(name IS NULL, NULL, i * 100 + k)
  FROM temp.worker, temp.step WHERE moment IS NOT NULL;
INSERT INTO cred (look, tid, ruid, euid, suid, fsuid, rgid, egid, sgid, fsgid, groups, cap_inh, cap_prm, cap_eff, cap_bnd, cap_amb,
                  no_new_privs, seccomp, user_ns, dumpable)
  SELECT i * 100 + k, 700 + i, uid, uid, iif(i = 18 AND k = 4, 0, saved), uid, gid, gid, gid, gid, groups, 0, caps, caps, 2199023255551, 0,
    nnp, 0, 1, dumpable FROM temp.worker, temp.step WHERE moment IS NOT NULL;
UPDATE cred SET suid = 0 WHERE look BETWEEN 1804 AND 1810;
INSERT INTO cred (look, tid, ruid, euid, suid, fsuid, rgid, egid, sgid, fsgid, groups, cap_inh, cap_prm, cap_eff, cap_bnd, cap_amb,
                  no_new_privs, seccomp, user_ns) VALUES
  (1810, 719, 0, 0, 0, 0, 33, 33, 33, 33, '33', 0, 192, 192, 2199023255551, 0, 0, 0, 1);

INSERT INTO proof (process, look, tid, seq, at, kind, wanted, outcome, call, error, detail)
  SELECT i, i * 100 + 10, 700 + i, i * 100 + 60 + k, i, kind, wanted, 'refused', tried, 1, NULL FROM temp.worker,
    (SELECT 1 AS k, 'uid' AS kind, '0' AS wanted, 'setuid(0), setreuid(-1, 0), setresuid(-1, 0, -1)' AS tried
     UNION ALL SELECT 2, 'gid', '0', 'setgid(0), setresgid(-1, 0, -1)'
     UNION ALL SELECT 3, 'groups', '0 4', 'setgroups(0 4)'
     UNION ALL SELECT 4, 'cap', 'cap_chown,cap_kill,cap_setuid,cap_setgid,cap_bpf', 'capset(effective, permitted)') WHERE i < 18;
INSERT INTO proof (process, look, tid, seq, at, kind, wanted, outcome, call, error, detail) VALUES
  (18, 1810, 718, 1861, 1, 'uid', '0', 'regained', 'setresuid(-1, 0, -1)', 0, 'uid 33/0/0/0'),
  (18, 1810, 718, 1862, 1, 'gid', '0', 'killed', 'setgid(0)', NULL, NULL),
  (10, 1001, 700, 5, 1, 'uid', '0', 'not-made', NULL, NULL, 'it waits in vfork');

INSERT INTO stack VALUES (1, 1), (2, 2), (3, 3);
INSERT INTO frame VALUES
  (1, 0, '/usr/lib/x86_64-linux-gnu/libc.so.6', 4096, 'setgroups', 11, NULL, NULL),
  (1, 1, '/usr/sbin/served', 22136, 'worker_drop', 64, '/build/src/worker.c', 123),
  (2, 0, '/usr/sbin/served', 4660, NULL, NULL, NULL, NULL),
  (3, 0, '/usr/lib/x86_64-linux-gnu/libc.so.6', 8192, 'fork', 4, NULL, NULL);
INSERT INTO site (id, role, name, detail, stack, first_call, calls, threads) VALUES
  (1, 'served>', 'setgroups', '33', 1, 1102, 7, 1), (2, 'served>', 'setresuid', NULL, 2, 1104, 7, 1),
  (3, 'served', 'fork', NULL, 3, NULL, 8, 1), (4, 'served', 'setgid', NULL, NULL, NULL, 1, 1);
INSERT INTO injection (site, error, every, hits, outcome, status, kept_uid, kept_gid, kept_groups, kept_caps, served, evidence, recording)
VALUES
  (1, 1, 0, 1, 'carried-on', NULL, NULL, NULL, '0 4', NULL, 1, 'setgroups(33) failed with EPERM in served> (pid 711); then it served', 'served-1.fork'),
  (1, 12, 0, 1, 'carried-on', NULL, NULL, NULL, '0 4', NULL, 1, 'setgroups(33) failed with ENOMEM in served> (pid 711); then it served', NULL),
  (2, 1, 0, 1, 'ended', 256, NULL, NULL, NULL, NULL, 0, 'it said why and exited', NULL),
  (2, 11, 0, 1, 'carried-on', NULL, 0, 0, NULL, 192, 1, 'it served as uid 0', NULL),
  (3, 11, 0, 1, 'retried', NULL, NULL, NULL, NULL, NULL, 1, 'a later fork succeeded', NULL),
  (3, 12, 1, 3, 'crashed', 11, NULL, NULL, NULL, NULL, 0, 'it read address 0', NULL);
UPDATE call SET stack = 1 WHERE id = 1102;
UPDATE call SET stack = 2, injected = 1, error = 1, result = -1 WHERE id = 1808;
