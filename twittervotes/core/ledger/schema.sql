-- The ledger of one contest, format 2. Rows are only ever added. docs/proof.md says what the digests prove.

-- One row for each thing that happened: the contest, a page read, a request that failed, an act.
CREATE TABLE entries (
  n       INTEGER PRIMARY KEY,  -- 1, 2, 3, … without a hole
  kind    TEXT    NOT NULL,     -- contest, salt, source, page, failed, gap, healed, swept, act, merged
  source  TEXT    NOT NULL,     -- which source, '' for an act
  at_ms   INTEGER NOT NULL,     -- when it was written, milliseconds since 1970 UTC
  body    TEXT    NOT NULL,     -- what, as JSON
  private TEXT    NOT NULL,     -- what of it names accounts, as JSON; '' where nothing does
  digest  BLOB    NOT NULL      -- chains it to the entry before
) STRICT;

-- The posts of an entry as columns: a post is stored once for each source that saw it, and once
-- more for each different version of it. All numbers are little-endian.
CREATE TABLE pages (
  n               INTEGER PRIMARY KEY,  -- the entry
  first           INTEGER NOT NULL,     -- the number of its first post: 1, then on without a hole
  size            INTEGER NOT NULL,     -- how many posts it has
  tag_sets        BLOB    NOT NULL,     -- each "network TAB kind TAB tags", ended by a newline
  tag_set_index   BLOB    NOT NULL,     -- u2 a post: its tag set
  keys            BLOB    NOT NULL,     -- u8 a post: its key, or a hash with the top bit set
  key_texts       BLOB    NOT NULL,     -- the key of each hash, ended by a newline
  seals           BLOB    NOT NULL,     -- 16 bytes a post: its account's seal
  times           BLOB    NOT NULL,     -- i8 a post: when it was posted
  births          BLOB    NOT NULL,     -- i8 a post: when its account was made; empty: all 0
  revisions       BLOB    NOT NULL,     -- i8 a post: grows with each edit; empty: all 0
  voters          BLOB    NOT NULL,     -- u8 a post: its account, or texts ended by newlines
  voters_are_text INTEGER NOT NULL,     -- 1: `voters` holds texts
  marks           BLOB    NOT NULL      -- u4 a post: names the one that was changed, proves nothing
) STRICT;
