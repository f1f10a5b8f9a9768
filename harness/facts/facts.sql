-- facts.sql - the model of a recording, on one page: what the harness saw, and nothing that it thinks of it.
--
-- A recording is one SQLite file with exactly these tables. Rows are only ever added (audit and process
-- rows are also completed: their end is filled in). Rows are linked by row ids, never by pid: pids are reused.
-- Every event takes the next number of one counter, `seq`: it orders rows of all tables. Times are `at`,
-- nanoseconds of CLOCK_MONOTONIC since the audit began. Bytes that came from a target (paths, names,
-- arguments) are stored as they are and may be hostile or not UTF-8; whoever shows them escapes them.
-- Lists of numbers (groups) are text: ascending, separated by single blanks, '' when empty.
-- Booleans are 0 and 1. NULL always means: not seen.

-- The run. One row, id 1. `complete` becomes 1 only when the audit came to its planned end; `why` then says
-- how it ended, and before that why it did not.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  tool TEXT NOT NULL,            -- version of forkaudit that recorded it
  mode TEXT NOT NULL,            -- 'launch'; 'inject': one kind of call was made to fail in this run (see call.injected)
  command BLOB NOT NULL,         -- the program and its arguments, each ended by a NUL byte
  until TEXT NOT NULL,           -- planned end: 'exit', 'settled', 'poke', 'time'
  poke TEXT,                     -- the --poke command
  poke_status INTEGER,           -- its wait status, as wait(2) gives it
  host TEXT, kernel TEXT, machine TEXT,  -- uname(2): nodename, release, machine
  tracer_uid INTEGER,            -- effective uid of the tracer
  no_new_privs INTEGER,          -- 1: the filter could be installed only with no_new_privs, so set-uid
                                 -- programs under audit did not gain privilege
  id_maps TEXT,                  -- the audit ran as root of a user namespace that forkaudit made: its uid_map and gid_map,
                                 -- as 'uid 0 1000 1, uid 1 100000 65536, gid 0 1000 1, ...'; NULL: it did not
  generators INTEGER NOT NULL DEFAULT 0, -- 1: generators were looked for, watched and drawn from (--generators)
  reuse_pid INTEGER NOT NULL DEFAULT 0,  -- 1: the pids of dead processes were given to later ones (--reuse-pid)
  began INTEGER NOT NULL,        -- wall clock, ns since 1970
  ended INTEGER,                 -- the same; NULL: the recorder was killed
  complete INTEGER NOT NULL DEFAULT 0,
  why TEXT,
  target_status INTEGER          -- wait status of the first process; NULL: it had not ended by itself
);

-- WHO: one life of a process.
CREATE TABLE process (
  id INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL, at INTEGER NOT NULL,
  parent INTEGER REFERENCES process,  -- the process that made it; NULL for the first
  pid INTEGER NOT NULL,          -- as the tracer sees it
  ns_pid INTEGER,                -- as it sees itself (innermost pid namespace)
  start_time INTEGER,            -- clock ticks since boot, /proc/PID/stat field 22
  born TEXT NOT NULL,            -- 'launch', 'fork', 'vfork', 'clone'
  clone_flags INTEGER,           -- for 'clone': the flags, when they could be read
  parent_threads INTEGER,        -- live threads of the parent at that moment
  image INTEGER REFERENCES image, -- the program it was born in (its parent's); NULL for 'launch'
  end_seq INTEGER, end_at INTEGER,
  status INTEGER,                -- wait status; NULL: still alive when the audit ended it, or lost
  ending TEXT                    -- 'exited', 'signalled', 'ended-by-audit', 'lost'; NULL: not known
);

-- WHAT: one program within a life, from one successful exec to the next.
CREATE TABLE image (
  id INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process,
  seq INTEGER NOT NULL,
  path TEXT,                     -- readlink of /proc/PID/exe
  args BLOB,                     -- arguments, each ended by a NUL byte; cut at 64 KiB
  build_id TEXT,                 -- hex of the ELF build-id note
  dev INTEGER, ino INTEGER, mode INTEGER, uid INTEGER, gid INTEGER,  -- stat of the file
  secure INTEGER,                -- AT_SECURE of the new image: the exec gained privilege
  markers INTEGER                -- forkaudit markers in the program; 0: it is not instrumented
);

-- WHEN: a moment at which a process was looked at. For one of a thread group, `tid` names the thread that
-- stopped. The *_table columns name a stored table; equal tables are stored once.
CREATE TABLE look (
  id INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process,
  tid INTEGER NOT NULL,
  seq INTEGER NOT NULL, at INTEGER NOT NULL,
  moment TEXT NOT NULL,          -- 'born', 'exec', 'before-change', 'after-change', 'settled', 'marker', 'exit'
  image INTEGER REFERENCES image,
  call INTEGER REFERENCES call,  -- before-change and after-change: the call
  marker INTEGER REFERENCES marker,
  threads INTEGER,               -- live threads at that moment
  fd_table INTEGER REFERENCES fd_table,
  map_table INTEGER REFERENCES map_table,
  limit_table INTEGER REFERENCES limit_table,
  environ_table INTEGER REFERENCES environ_table,
  cwd TEXT, root TEXT,           -- readlink of /proc/PID/cwd and /proc/PID/root
  waiting TEXT                   -- settled: the system call it waits in; 'a stop' (job control), 'vfork'
);

-- Ids and privileges at a look. One row for the thread that stopped, and one for every other thread whose
-- row would differ.
CREATE TABLE cred (
  id INTEGER PRIMARY KEY,
  look INTEGER NOT NULL REFERENCES look,
  tid INTEGER NOT NULL,
  ruid INTEGER NOT NULL, euid INTEGER NOT NULL, suid INTEGER NOT NULL, fsuid INTEGER NOT NULL,
  rgid INTEGER NOT NULL, egid INTEGER NOT NULL, sgid INTEGER NOT NULL, fsgid INTEGER NOT NULL,
  groups TEXT NOT NULL,
  cap_inh INTEGER, cap_prm INTEGER, cap_eff INTEGER, cap_bnd INTEGER, cap_amb INTEGER,  -- bit masks
  no_new_privs INTEGER, seccomp INTEGER,   -- as /proc/PID/status has them (seccomp counts the tracer's filter out)
  securebits INTEGER,            -- prctl(2) PR_GET_SECUREBITS, asked of a disposable copy; NULL where none was made
  dumpable INTEGER,              -- PR_GET_DUMPABLE: 1: others of this uid may trace it and its core is dumped, 0 and 2: not. From
                                 -- the copy, else from who owns its files in /proc: 2 is then told as 0, and NULL is for a
                                 -- process of root (of its user namespace), whose files are root's either way
  user_ns INTEGER                -- inode of the user namespace
);

-- A descriptor table, stored once; `hash` finds an equal one.
CREATE TABLE fd_table (id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, size INTEGER NOT NULL);
CREATE TABLE fd (
  fd_table INTEGER NOT NULL REFERENCES fd_table,
  fd INTEGER NOT NULL,
  description INTEGER NOT NULL REFERENCES description,
  cloexec INTEGER NOT NULL,
  PRIMARY KEY (fd_table, fd)
) WITHOUT ROWID;

-- An open file description (open(2)): identity by kcmp(2), never by number or name.
CREATE TABLE description (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,            -- 'file' 'directory' 'char' 'block' 'fifo' 'pipe' 'socket' 'memfd' 'symlink'
                                 -- 'namespace', or the name of an anonymous inode: 'eventfd' 'eventpoll' 'pidfd' ...
  name TEXT,                     -- readlink of /proc/PID/fd/N
  dev INTEGER, ino INTEGER, mode INTEGER, owner_uid INTEGER, owner_gid INTEGER,  -- stat of the object
  flags INTEGER,                 -- open(2) flags from fdinfo, without O_CLOEXEC
  access TEXT,                   -- 'r', 'w', 'rw', 'path'
  socket TEXT,                   -- for sockets: 'tcp' 'tcp6' 'udp' 'udp6' 'unix' 'netlink' 'raw' 'packet', NULL: other
  local_name TEXT,               -- for sockets: local address as the kernel shows it
  listening INTEGER,             -- for sockets: 1 listens, 0 does not; NULL: not seen
  first_look INTEGER NOT NULL REFERENCES look,   -- where it was seen first
  from_starter INTEGER NOT NULL  -- 1: the first program already had it when it started
);

CREATE TABLE map_table (id INTEGER PRIMARY KEY, hash INTEGER NOT NULL);
CREATE TABLE mapping (
  map_table INTEGER NOT NULL REFERENCES map_table,
  start INTEGER NOT NULL, size INTEGER NOT NULL, perms TEXT NOT NULL,  -- 'rw-p' as in /proc/PID/maps
  offset INTEGER, dev INTEGER, ino INTEGER, path TEXT
);

-- Masks: bit N-1 stands for signal N.
CREATE TABLE signal (
  look INTEGER PRIMARY KEY REFERENCES look,
  ignored INTEGER NOT NULL, blocked INTEGER NOT NULL, caught INTEGER NOT NULL
);

-- Resource limits; -1 is RLIM_INFINITY. `name` as /proc/PID/limits has it ('Max open files').
CREATE TABLE limit_table (id INTEGER PRIMARY KEY, hash INTEGER NOT NULL);
CREATE TABLE resource_limit (
  limit_table INTEGER NOT NULL REFERENCES limit_table,
  name TEXT NOT NULL, soft INTEGER NOT NULL, hard INTEGER NOT NULL
);

CREATE TABLE terminal (
  look INTEGER PRIMARY KEY REFERENCES look,
  session INTEGER NOT NULL, process_group INTEGER NOT NULL,
  tty INTEGER NOT NULL           -- device number of the controlling terminal, 0: none
);

-- Environment: names always; the value only of names that announce descriptors (LISTEN_FDS, LISTEN_PID,
-- LISTEN_FDNAMES, NGINX, MAKEFLAGS, NOTIFY_SOCKET).
CREATE TABLE environ_table (id INTEGER PRIMARY KEY, hash INTEGER NOT NULL);
CREATE TABLE environ (environ_table INTEGER NOT NULL REFERENCES environ_table, name TEXT NOT NULL, value TEXT);

-- A system call of interest. Launch's own calls before the first exec are not recorded.
CREATE TABLE call (
  id INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process,
  tid INTEGER NOT NULL,
  seq INTEGER NOT NULL, at INTEGER NOT NULL,
  image INTEGER REFERENCES image,
  name TEXT NOT NULL,            -- 'setuid' (i386's setuid32 too), 'prctl', 'execve', 'close_range' ...; runs for `inject` only:
                                 -- 'fork' (fork, vfork, clone and clone3 that make a process; result: its pid; the name is in
                                 -- detail), 'open' (open, openat, openat2 of /dev/null, zero, random, urandom), 'getrandom', 'setsid'
  abi TEXT NOT NULL,             -- 'x86_64', 'i386', 'x32', 'aarch64' ...
  a0 INTEGER, a1 INTEGER, a2 INTEGER, a3 INTEGER, a4 INTEGER, a5 INTEGER,  -- raw arguments, sign-extended ids
  detail TEXT,                   -- decoded: setgroups' list, execve's path, prctl's option name, capset's masks, io_uring_setup's flags
  stack INTEGER REFERENCES stack, -- where it was made from; NULL: not asked for
  injected INTEGER NOT NULL DEFAULT 0, -- 1: the kernel never saw it: the audit answered with `error`
  result INTEGER,                -- return value; NULL: it did not return (successful exec, death)
  error INTEGER,                 -- errno, 0 on success; NULL as above
  end_seq INTEGER                -- counter at its return
);

-- Where a call was made from. Equal stacks are stored once.
CREATE TABLE stack (id INTEGER PRIMARY KEY, hash INTEGER NOT NULL);
CREATE TABLE frame (
  stack INTEGER NOT NULL REFERENCES stack,
  depth INTEGER NOT NULL,        -- 0: the innermost
  object TEXT,                   -- path of the mapped file; NULL: none
  offset INTEGER,                -- of the address in that file's ELF image: the same in every run of the same file
  symbol TEXT, symbol_offset INTEGER,   -- the function, from the symbol table; NULL: not known
  source TEXT, line INTEGER,     -- where debug data exists
  PRIMARY KEY (stack, depth)
) WITHOUT ROWID;

-- An attempt that a disposable copy of a process made to get back what the process had given up (or never had). The
-- original was not touched. `kind` and `wanted`: 'uid' '0', 'gid' '0', 'groups' '0 4', 'cap' 'cap_setuid,cap_chown',
-- 'uid-map' '0' (through a user namespace of its own), 'set-uid-program' (only described).
CREATE TABLE proof (
  id INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process,
  look INTEGER NOT NULL REFERENCES look,   -- the moment at which the copy was made
  tid INTEGER NOT NULL,          -- the thread that was copied: credentials belong to a thread
  seq INTEGER NOT NULL, at INTEGER NOT NULL,
  kind TEXT NOT NULL, wanted TEXT NOT NULL,
  outcome TEXT NOT NULL,         -- 'regained': seen from outside in the copy; 'refused'; 'killed': by a seccomp filter of its own;
                                 -- 'hung'; 'not-made': there was no copy; 'described'
  call TEXT,                     -- regained: the call that did it, with its arguments; else all that were tried
  error INTEGER,                 -- errno of the last that was refused
  detail TEXT                    -- what the copy was then; why it was not made; a sentence
);

-- forkaudit inject: a place from which a program makes a call that could fail, as the clean run showed it. A role is a program
-- and how often it has forked since its exec: 'nginx' the master, 'nginx>' its workers. Calls for root's ids and calls for others
-- from one place are two sites: cron becomes root for one job and a user for the next.
CREATE TABLE site (
  id INTEGER PRIMARY KEY,
  role TEXT NOT NULL,
  name TEXT NOT NULL,            -- as in call
  detail TEXT,                   -- of the first such call
  stack INTEGER REFERENCES stack,
  first_call INTEGER REFERENCES call,
  calls INTEGER NOT NULL,        -- how many were made from here
  threads INTEGER NOT NULL       -- the most threads its process had then
);

-- One run of the program in which the calls of one site failed. Its own recording holds all that was seen.
CREATE TABLE injection (
  id INTEGER PRIMARY KEY,
  site INTEGER NOT NULL REFERENCES site,
  error INTEGER NOT NULL,        -- the errno that was given
  every INTEGER NOT NULL,        -- 0: the first call only, 1: every one
  hits INTEGER NOT NULL,         -- calls that were made to fail
  outcome TEXT NOT NULL,         -- 'ended': the process gave up with an error, 'retried': a later call of the kind succeeded,
                                 -- 'carried-on': it went on to work, 'crashed': a signal, 'hung': never ended nor settled, or
                                 -- forked without end; 'not-reached'; 'failed': the run could not be judged (evidence says why)
  status INTEGER,                -- wait status of the process that met it; NULL: it was alive at the end
  kept_uid INTEGER,              -- with what it went on that it has not at rest in the clean run: the lowest such uid of the
  kept_gid INTEGER,              -- four, so 0 is root's; likewise the gid;
  kept_groups TEXT,              -- supplementary groups;
  kept_caps INTEGER,             -- permitted or effective capabilities (mask). NULL where there is none
  served INTEGER,                -- 1: the poke succeeded in this run, 0: it failed; NULL: there was none
  evidence TEXT NOT NULL,        -- what it did next, in a sentence
  recording TEXT                 -- file name of the run's recording, beside this one; NULL: not kept
);

-- What an instrumented target said of itself (harness/include/forkaudit.h).
CREATE TABLE marker (
  id INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process,
  tid INTEGER NOT NULL,
  seq INTEGER NOT NULL, at INTEGER NOT NULL,
  kind TEXT NOT NULL,            -- 'moment', 'self', 'draw', 'generator'
  name TEXT                      -- the name given in the marker
);

-- FORKAUDIT_SELF: the target's own view.
CREATE TABLE witness (
  marker INTEGER PRIMARY KEY REFERENCES marker,
  ruid INTEGER, euid INTEGER, suid INTEGER, rgid INTEGER, egid INTEGER, sgid INTEGER, groups TEXT
);
CREATE TABLE witness_fd (
  marker INTEGER NOT NULL REFERENCES marker,
  fd INTEGER NOT NULL, cloexec INTEGER,
  PRIMARY KEY (marker, fd)
) WITHOUT ROWID;

-- Bytes that a generator gave: FORKAUDIT_DRAW, or (marker NULL) as a breakpoint saw them returned. `offset` counts the bytes
-- that this process has drawn from this generator before, since its own birth.
CREATE TABLE draw (
  id INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process, tid INTEGER,
  marker INTEGER REFERENCES marker, seq INTEGER NOT NULL,
  generator TEXT NOT NULL,
  offset INTEGER NOT NULL,
  bytes BLOB NOT NULL
);

-- A random number generator that a program contains. Stored once per file and symbol.
CREATE TABLE generator (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,            -- 'libc rand', 'OpenSSL RAND_bytes'; of code that cannot be called: the algorithm, 'MT19937'
  source TEXT NOT NULL,          -- 'known', 'option' (--generator), 'marker', 'code' (its constants only: nobody can call it)
  symbol TEXT, object TEXT NOT NULL, offset INTEGER NOT NULL,  -- NULL: of code; path of the file; in its ELF image, code: in it
  purpose TEXT,                  -- 'cryptographic', 'identifier', 'ordinary'; NULL: not known
  guard TEXT,                    -- what parts it after a fork: 'pthread_atfork', 'pid', 'wipe', 'kernel'; NULL: not known
  state_of TEXT                  -- name of the one whose state it shares (random and rand); NULL: its own
);
CREATE TABLE generator_present (
  process INTEGER NOT NULL REFERENCES process, image INTEGER NOT NULL REFERENCES image,
  generator INTEGER NOT NULL REFERENCES generator,
  PRIMARY KEY (process, image, generator)
) WITHOUT ROWID;

-- A call of a generator or of a function that seeds one, seen by a breakpoint: the first few of each in each process.
CREATE TABLE generator_call (
  id INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process, image INTEGER REFERENCES image, tid INTEGER NOT NULL,
  seq INTEGER NOT NULL, at INTEGER NOT NULL,
  kind TEXT NOT NULL,            -- 'draw', 'seed'
  generator TEXT NOT NULL, symbol TEXT NOT NULL,  -- generator.name; the function that was called
  context INTEGER,               -- address of the state that it was given; NULL: it has a state of its own
  seed BLOB,                     -- seed: the number, little endian, or the bytes (at most 64)
  seed_is TEXT,                  -- seed: 'time' (now in s, ms, us or a part of it), 'pid', 'time and pid', 'constant' (in the
                                 -- program's code, or below 256), 'kernel' (bytes it gave); NULL: not recognised
  is_added INTEGER,              -- seed: 1: mixed into the state, 0: replaces it
  stack INTEGER REFERENCES stack
);

-- A process's memory was taken, to draw from copies of it.
CREATE TABLE snapshot (
  id INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process, tid INTEGER NOT NULL,
  seq INTEGER NOT NULL, at INTEGER NOT NULL, image INTEGER REFERENCES image,
  moment TEXT NOT NULL,          -- 'born' (before its first instruction), 'first-draw', 'exec' (before it), 'exit', 'end', 'now'
  threads INTEGER NOT NULL,      -- that lived then: above 1 the others ran on
  bytes INTEGER NOT NULL,        -- private memory
  held INTEGER NOT NULL          -- ns that the process stood still for it
);

-- Two states of a generator, compared by drawing from copies. `kind`:
--   'newborn'  the child before its first instruction, shown its own pid, with the same shown its parent's: the library alone;
--   'fork'     the child at its first draw, else at its end, with its newborn self shown the parent's pid: what the program did;
--   'later'    the same, but at the child's end although it drew before: whether a reseed came too late;
--   'parent'   the parent, at its next draw or end, with the newborn child: whether the parent left the common stream;
--   'sibling'  two children of one program, at their first draws, else at their ends;
--   'now'      an attached process with another, neither of whose states at the fork is known.
CREATE TABLE comparison (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  generator INTEGER NOT NULL REFERENCES generator,
  process INTEGER NOT NULL REFERENCES process,  -- who is judged
  other INTEGER NOT NULL REFERENCES process,    -- newborn, fork, later: its parent; parent: the child; sibling: the earlier one
  snapshot INTEGER NOT NULL REFERENCES snapshot, other_snapshot INTEGER NOT NULL REFERENCES snapshot,
  verdict TEXT NOT NULL,         -- 'shared' (proven: equal values), 'diverged' (proven), 'weak' (one state: only pid, clock, TSC or
                                 -- RDRAND part them), 'one-generator' (in shared memory), 'refuses', 'unseeded', 'undecided'
  reason TEXT,                   -- diverged: 'state', 'reseed'; weak: of 'pid clock tsc rdrand'; refuses, undecided: a sentence
  value_size INTEGER,            -- bytes of one value
  shift INTEGER, other_shift INTEGER,  -- shared: which value of each stream is the first equal one, from 0
  equal INTEGER, partial INTEGER,  -- shared: equal values in a row; 1: they part again behind them
  pid_repeats INTEGER NOT NULL,  -- 1: with the other's pid it would draw the other's values
  own BLOB, other_values BLOB    -- first values of both, drawn in copies (at most 256 bytes)
);

-- The same bytes of high entropy in what two processes wrote, which neither had read, nor the later writer had at its birth.
CREATE TABLE token (
  id INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process, other INTEGER NOT NULL REFERENCES process,
  seq INTEGER NOT NULL, other_seq INTEGER NOT NULL,  -- of the writes
  bytes BLOB NOT NULL            -- at most 64
);

-- The user database of the host at the audit, for every effective uid that was seen.
CREATE TABLE account (
  uid INTEGER PRIMARY KEY,
  name TEXT, gid INTEGER,        -- NULL: no such user
  groups TEXT                    -- getgrouplist(3), gid included; NULL: no such user
);

-- Not seen is a fact.
CREATE TABLE gap (
  id INTEGER PRIMARY KEY,
  process INTEGER REFERENCES process,  -- NULL: the whole audit
  look INTEGER REFERENCES look,
  seq INTEGER NOT NULL,
  source TEXT NOT NULL,          -- 'fd' 'cred' 'signal' 'mapping' 'limit' 'terminal' 'environ' 'socket' 'identity'
                                 -- 'image' 'call' 'marker' 'draw' 'follow' 'settled' 'account' 'record' 'poke'
                                 -- 'proof' 'stack' 'inject' 'generator' 'token'
  error INTEGER,                 -- errno, where a call failed
  detail TEXT NOT NULL           -- a sentence: what could not be seen, and why
);

-- What the checks of the recording version said (written when the audit ends; any later judgement is made anew).
CREATE TABLE finding (
  id INTEGER PRIMARY KEY,
  check_id TEXT NOT NULL,        -- 'fd-across-exec'
  result TEXT NOT NULL,          -- 'found', 'accepted', 'pass', 'unknown'
  severity TEXT NOT NULL,        -- 'critical', 'high', 'medium', 'low', 'info'
  strength TEXT NOT NULL,        -- 'proven', 'observed', 'suspect'
  process INTEGER REFERENCES process,
  look INTEGER REFERENCES look,
  subject TEXT NOT NULL,         -- what the row is about, short
  evidence TEXT NOT NULL,        -- the facts, in a sentence
  reason TEXT                    -- accepted: why; unknown: the gap
);

CREATE INDEX process_parent ON process (parent);
CREATE INDEX image_process ON image (process, seq);
CREATE INDEX look_process ON look (process, seq);
CREATE INDEX cred_look ON cred (look);
CREATE INDEX call_process ON call (process, seq);
CREATE INDEX mapping_table ON mapping (map_table);
CREATE INDEX fd_hash ON fd_table (hash);
CREATE INDEX map_hash ON map_table (hash);
CREATE INDEX limit_hash ON limit_table (hash);
CREATE INDEX limit_rows ON resource_limit (limit_table);
CREATE INDEX environ_hash ON environ_table (hash);
CREATE INDEX environ_rows ON environ (environ_table);
CREATE INDEX stack_hash ON stack (hash);
CREATE INDEX proof_look ON proof (look);
CREATE INDEX comparison_process ON comparison (process);
CREATE INDEX generator_call_process ON generator_call (process, seq);
CREATE INDEX gap_process ON gap (process);
