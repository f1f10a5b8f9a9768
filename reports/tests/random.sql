-- random.sql - a recording for tests, beside daemon.sql, made with --generators: a prefork server whose four workers go on with its
-- rand(3), reseed OpenSSL by themselves, and share one value of NSS; a program that never draws, one of which only code is known, one
-- without any.
DELETE FROM temp.finding;
DELETE FROM cred; DELETE FROM gap; DELETE FROM look; DELETE FROM call; DELETE FROM image; DELETE FROM process;
UPDATE audit SET generators = 1;

INSERT INTO process (id, seq, at, parent, pid, born, image, ending) VALUES (20, 1, 0, NULL, 800, 'launch', NULL, 'exited');
INSERT INTO image (id, process, seq, path) VALUES (20, 20, 2, '/usr/sbin/prefork');
INSERT INTO process (id, seq, at, parent, pid, born, image, ending) VALUES
  (21, 100, 1, 20, 801, 'fork', 20, 'exited'), (22, 200, 2, 20, 802, 'fork', 20, 'exited'),
  (23, 300, 3, 20, 803, 'fork', 20, 'exited'), (24, 400, 4, 20, 804, 'fork', 20, 'exited'),
  (25, 500, 5, 20, 805, 'fork', 20, 'exited'), (26, 600, 6, 20, 806, 'fork', 20, 'exited'),
  (27, 700, 7, 20, 807, 'fork', 20, 'exited');
INSERT INTO image (id, process, seq, path) VALUES (25, 25, 501, '/usr/bin/idle'), (26, 26, 601, '/opt/static'), (27, 27, 701, '/opt/bare');

INSERT INTO generator (id, name, source, symbol, object, offset, purpose, guard, state_of) VALUES
  (1, 'libc rand', 'known', 'rand', '/lib/libc.so.6', 4096, 'ordinary', NULL, NULL),
  (2, 'libc random', 'known', 'random', '/lib/libc.so.6', 4352, 'ordinary', NULL, 'libc rand'),
  (3, 'OpenSSL RAND_bytes', 'known', 'RAND_bytes', '/lib/libcrypto.so.3', 8192, 'cryptographic', 'pid', NULL),
  (4, 'NSS PK11_GenerateRandom', 'known', 'PK11_GenerateRandom', '/lib/libnss3.so', 100, 'cryptographic', NULL, NULL),
  (5, 'libc drand48', 'known', 'drand48', '/lib/libc.so.6', 4608, 'ordinary', NULL, NULL),
  (6, 'libgcrypt nonce', 'known', 'gcry_create_nonce', '/lib/libgcrypt.so.20', 77, 'cryptographic', 'pid', NULL),
  (7, 'own jitter', 'option', 'jitter', '/usr/sbin/prefork', 12, NULL, NULL, NULL),
  (8, 'libuuid uuid_generate', 'known', 'uuid_generate', '/lib/libuuid.so.1', 12, 'identifier', NULL, NULL),
  (9, 'MT19937', 'code', NULL, '/opt/static', 5000, NULL, NULL, NULL);
INSERT INTO generator_present (process, image, generator)
  SELECT p.id, 20, g.id FROM process p, generator g WHERE p.id BETWEEN 20 AND 24 AND g.id < 9;
INSERT INTO generator_present (process, image, generator) VALUES (25, 25, 1), (25, 25, 5), (26, 26, 9);

CREATE TEMP TABLE worker AS WITH RECURSIVE n (i) AS (SELECT 21 UNION ALL SELECT i + 1 FROM n WHERE i < 24) SELECT i FROM n;
INSERT INTO generator_call (process, image, tid, seq, at, kind, generator, symbol, seed, seed_is, is_added) VALUES
  (20, 20, 800, 10, 1, 'seed', 'libc rand', 'srand', x'72034c69', 'time', 0),
  (20, 20, 800, 11, 1, 'draw', 'libc rand', 'rand', NULL, NULL, NULL),
  (20, 20, 800, 12, 1, 'draw', 'NSS PK11_GenerateRandom', 'PK11_GenerateRandom', NULL, NULL, NULL);
INSERT INTO generator_call (process, image, tid, seq, at, kind, generator, symbol)
  SELECT i, 20, 780 + i, i * 100 - 1990 + g.id, 1, 'draw', g.name, g.symbol FROM temp.worker, generator g WHERE g.id IN (1, 3, 4, 6, 7, 8);
INSERT INTO generator_call (process, image, tid, seq, at, kind, generator, symbol, seed, seed_is, is_added)
  SELECT i, 20, 780 + i, i * 100 - 1995, 1, 'seed', 'NSS PK11_GenerateRandom', 'PK11_RandomUpdate', zeroblob(16), 'kernel', 1 FROM temp.worker;
INSERT INTO generator_call (process, image, tid, seq, at, kind, generator, symbol, seed, seed_is, is_added)
  SELECT i, 20, 780 + i, i * 100 - 1994, 1, 'seed', 'own jitter', 'seed_jitter', x'2a00000000000000', 'constant', 0 FROM temp.worker;

INSERT INTO snapshot (id, process, tid, seq, at, image, moment, threads, bytes, held)
  SELECT i * 10, i, 780 + i, i * 100 - 2000, 1, 20, 'born', 1, 270336, 90000 FROM temp.worker UNION ALL
  SELECT i * 10 + 1, i, 780 + i, i * 100 - 1980, 1, 20, 'first-draw', 1, 270336, 80000 FROM temp.worker;

-- Values of rand(), of which the child is two ahead; of NSS, of which the first is the same; of the others.
CREATE TEMP TABLE outcome (kind, generator, verdict, reason, value_size, shift, other_shift, equal, partial, pid_repeats, own, other);
INSERT INTO temp.outcome VALUES
  ('newborn', 1, 'shared', NULL, 4, 0, 0, 8, 0, 0, x'a0000000a1000000a2000000a3000000a4000000a5000000a6000000a7000000',
   x'a0000000a1000000a2000000a3000000a4000000a5000000a6000000a7000000'),
  ('fork', 1, 'shared', NULL, 4, 0, 2, 6, 0, 0, x'a2000000a3000000a4000000a5000000a6000000a7000000a8000000a9000000',
   x'a0000000a1000000a2000000a3000000a4000000a5000000a6000000a7000000'),
  ('newborn', 3, 'diverged', 'reseed', 8, NULL, NULL, NULL, NULL, 1, x'b1b1b1b1b1b1b1b1', x'b2b2b2b2b2b2b2b2'),
  ('fork', 3, 'diverged', 'reseed', 8, NULL, NULL, NULL, NULL, 1, x'b3b3b3b3b3b3b3b3', x'b4b4b4b4b4b4b4b4'),
  ('newborn', 4, 'shared', NULL, 8, 0, 0, 4, 0, 0, NULL, NULL),
  ('fork', 4, 'shared', NULL, 8, 0, 0, 1, 1, 0, x'c0c0c0c0c0c0c0c0c1c1c1c1c1c1c1c1c2c2c2c2c2c2c2c2c3c3c3c3c3c3c3c3',
   x'c0c0c0c0c0c0c0c0d1d1d1d1d1d1d1d1d2d2d2d2d2d2d2d2d3d3d3d3d3d3d3d3'),
  ('fork', 5, 'unseeded', NULL, 8, 0, 0, 4, 0, 0, NULL, NULL),
  ('fork', 6, 'weak', 'pid clock', 8, NULL, NULL, NULL, NULL, 0, NULL, NULL),
  ('newborn', 7, 'shared', NULL, 4, 0, 0, 4, 0, 0, NULL, NULL),
  ('fork', 7, 'diverged', 'state', 4, NULL, NULL, NULL, NULL, 0, NULL, NULL),
  ('fork', 8, 'undecided', 'a lock was held', 16, NULL, NULL, NULL, NULL, 0, NULL, NULL);
INSERT INTO comparison (id, kind, generator, process, other, snapshot, other_snapshot, verdict, reason, value_size, shift, other_shift,
                        equal, partial, pid_repeats, own, other_values)
  SELECT i * 100 + o.rowid, kind, generator, i, 20, i * 10 + (kind = 'fork'), i * 10, verdict, reason, value_size, shift, other_shift,
    equal, partial, pid_repeats, own, other FROM temp.worker, temp.outcome o;
INSERT INTO comparison (id, kind, generator, process, other, snapshot, other_snapshot, verdict, reason, value_size, shift, other_shift,
                        equal, partial, pid_repeats, own, other_values)
  SELECT i * 100 + 90, 'sibling', 1, i, i - 1, i * 10 + 1, i * 10 - 9, 'shared', NULL, 4, 0, 0, 3, 0, 0,
    x'a2000000a3000000a4000000', x'a2000000a3000000a4000000' FROM temp.worker WHERE i > 21;

INSERT INTO token (process, other, seq, other_seq, bytes) VALUES (22, 21, 250, 150, CAST('sid=8f3k2Jx9Qz' AS BLOB));
