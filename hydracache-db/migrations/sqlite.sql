create table if not exists hydracache_outbox (
    id integer primary key autoincrement,
    kind text not null,
    cache text,
    name text not null,
    collection text,
    origin text,
    published integer not null default 0,
    created_at text not null default current_timestamp
);
create index if not exists hydracache_outbox_unpublished on hydracache_outbox (id) where published = 0;
create table if not exists hydracache_outbox_head (
    one integer primary key check (one = 1),
    trimmed integer not null default 0,
    trimmed_cache integer not null default 0,
    late integer not null default 0
);
insert or ignore into hydracache_outbox_head (one) values (1);
