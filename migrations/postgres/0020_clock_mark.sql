-- The clock of the whole service, one row: the highest wall time that was seen, and whether a jump waits for somebody.
create table clock_mark (
  name        text not null primary key,
  highest_at  bigint not null,
  halted_at   bigint,
  halted_from bigint,
  confirmed   bigint not null
);
