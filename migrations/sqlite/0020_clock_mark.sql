-- The clock of the whole service, one row: the highest wall time that was seen, and whether a jump waits for somebody.
create table clock_mark (
  name        text not null primary key,
  highest_at  integer not null,
  halted_at   integer,
  halted_from integer,
  confirmed   integer not null
) strict, without rowid;
