-- The ledger of one contest. Rows are only ever added. See docs/proof.md for what the digests prove.

-- One row a thing that happened: the contest laid down, a page read, a request failed, an act.
CREATE TABLE entries (
  n      INTEGER PRIMARY KEY,   -- 1, 2, 3, … without a hole
  kind   TEXT    NOT NULL,      -- contest, salt, source, page, failed, gap, healed, swept, act, merged
  source TEXT    NOT NULL,      -- which source, '' for an act
  at_ms  INTEGER NOT NULL,      -- when it was written, milliseconds since 1970 UTC
  body   TEXT    NOT NULL,      -- what, as JSON
  digest BLOB    NOT NULL       -- chains it to the entry before: core/ledger/chain.py
) STRICT;

-- Each post once for each source that saw it, and once more for each different version of it.
CREATE TABLE posts (
  seq      INTEGER PRIMARY KEY, -- 1, 2, 3, … without a hole
  entry    INTEGER NOT NULL,    -- the page it came with
  source   TEXT    NOT NULL,
  network  TEXT    NOT NULL,
  key      TEXT    NOT NULL,    -- names the post on its network
  voter    TEXT    NOT NULL,    -- names the account on its network
  at_ms    INTEGER NOT NULL,    -- when it was posted
  tags     TEXT    NOT NULL,    -- hashtags as typed, parted by spaces
  kind     TEXT    NOT NULL,    -- post, repost, quote, reply
  revision INTEGER NOT NULL,    -- grows with each edit
  born_ms  INTEGER NOT NULL,    -- when the account was made, 0: not told
  mark     INTEGER NOT NULL     -- CRC-32 of this post's line: names the row that was changed
) STRICT;

CREATE INDEX posts_by_key ON posts (key);
