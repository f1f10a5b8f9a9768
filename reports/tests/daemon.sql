-- daemon.sql - a recording for tests: a root master, two workers that dropped to uid 33 (one only in part), and a helper
-- with hostile names that one of them executed. Everything the reports show has at least one row here.
INSERT INTO audit (id, tool, mode, command, until, poke, poke_status, host, kernel, machine, tracer_uid, no_new_privs,
                   began, ended, complete, why, target_status)
VALUES (1, '0.1.0', 'launch', CAST('/usr/sbin/littled' AS BLOB) || x'00' || CAST('-c' AS BLOB) || x'00'
        || CAST('/etc/a b.conf' AS BLOB) || x'00', 'poke', 'curl -s http://127.0.0.1:8080/', 0, 'lab', '6.1.0-18-amd64',
        'x86_64', 0, 0, 1772445600000000000, 1772445601250000000, 1, 'the poke ended and the target settled again', NULL);

INSERT INTO process (id, seq, at, parent, pid, ns_pid, start_time, born, clone_flags, parent_threads, image, end_seq, end_at,
                     status, ending) VALUES
  (1, 1, 0, NULL, 4242, 4242, 100, 'launch', NULL, NULL, NULL, 90, 1250000000, NULL, 'ended-by-audit'),
  (2, 10, 1000000, 1, 4243, 4243, 101, 'fork', NULL, 1, 1, 91, 1250000000, NULL, 'ended-by-audit'),
  (3, 11, 1100000, 1, 4244, 4244, 101, 'fork', NULL, 1, 1, 80, 1200000000, 11, 'signalled'),
  (4, 30, 9000000, 3, 4250, 4250, 102, 'vfork', NULL, 4, 1, 40, 9500000, 768, 'exited');

INSERT INTO image (id, process, seq, path, args, build_id, dev, ino, mode, uid, gid, secure, markers) VALUES
  (1, 1, 2, '/usr/sbin/littled', x'6c6974746c656400', 'c0ffee', 1, 10, 33261, 0, 0, 0, 0),
  (2, 4, 31, '/srv/<script>alert("1")</script>' || char(27) || '[2J' || char(8238) || 'txt.exe',
   CAST('helper' AS BLOB) || x'00ff2800' || CAST('"quoted"' AS BLOB) || x'00', NULL, 1, 11, 33261, 33, 33, 0, 0);

INSERT INTO fd_table (id, hash, size) VALUES (1, 1, 3), (2, 2, 9);
INSERT INTO call (id, process, tid, seq, at, image, name, abi, a0, a1, a2, detail, result, error, end_seq) VALUES
  (1, 2, 4243, 12, 1200000, 1, 'setgroups', 'x86_64', 1, 0, 0, '33', 0, 0, 13),
  (2, 2, 4243, 14, 1300000, 1, 'setuid', 'x86_64', 33, 0, 0, NULL, 0, 0, 15),
  (3, 3, 4244, 16, 1300000, 1, 'seteuid', 'x86_64', 33, 0, 0, NULL, -1, 1, 17),
  (4, 4, 4250, 30, 9000000, 1, 'execve', 'x86_64', 0, 0, 0, '/srv/helper', NULL, NULL, NULL);
INSERT INTO look (id, process, tid, seq, at, moment, image, call, threads, fd_table, cwd, root, waiting) VALUES
  (1, 1, 4242, 3, 100000, 'exec', 1, NULL, 1, 1, '/', '/', NULL),
  (2, 1, 4242, 50, 900000000, 'settled', 1, NULL, 1, 2, '/', '/', 'epoll_wait'),
  (3, 2, 4243, 15, 1310000, 'after-change', 1, 2, 1, 2, '/', '/', NULL),
  (4, 3, 4244, 17, 1310000, 'after-change', 1, 3, 4, 2, '/', '/', NULL),
  (6, 2, 4243, 10, 1000000, 'born', 1, NULL, 1, 2, '/', '/', NULL),
  (7, 3, 4244, 11, 1100000, 'born', 1, NULL, 1, 2, '/', '/', NULL),
  (5, 4, 4250, 31, 9100000, 'exec', 2, NULL, 1, 2, '/', '/', NULL);
INSERT INTO cred (look, tid, ruid, euid, suid, fsuid, rgid, egid, sgid, fsgid, groups, cap_inh, cap_prm, cap_eff, cap_bnd,
                  cap_amb, no_new_privs, seccomp, user_ns) VALUES
  (1, 4242, 0, 0, 0, 0, 0, 0, 0, 0, '0', 0, 2199023255551, 2199023255551, 2199023255551, 0, 0, 0, 4026531837),
  (2, 4242, 0, 0, 0, 0, 0, 0, 0, 0, '0', 0, 2199023255551, -1, 2199023255551, 0, 0, 0, 4026531837),
  (3, 4243, 33, 33, 33, 33, 33, 33, 33, 33, '33', 0, 0, 0, 2199023255551, 0, 0, 0, 4026531837),
  (4, 4244, 0, 33, 0, 33, 33, 33, 33, 33, '4 24 27 33', 0, 0, 0, 2199023255551, 0, 0, 0, 4026531837),
  (4, 4246, 0, 0, 0, 0, 33, 33, 33, 33, '4 24 27 33', 0, 0, 0, 2199023255551, 0, 0, 0, 4026531837),
  (5, 4250, 0, 33, 33, 33, 33, 33, 33, 33, '4 24 27 33', 0, 0, 0, 2199023255551, 0, 0, 0, 4026531837);
INSERT INTO gap (process, look, seq, source, error, detail) VALUES
  (3, 4, 17, 'fd', 13, 'descriptors of process 4244 could not be read: permission denied');
