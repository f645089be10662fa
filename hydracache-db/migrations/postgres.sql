create table if not exists hydracache_outbox (
    id bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    kind text not null,
    cache text,
    name text not null,
    collection text,
    origin text,
    published boolean not null default false,
    created_at timestamptz not null default now()
);
create index if not exists hydracache_outbox_xid on hydracache_outbox (xid, id);
create index if not exists hydracache_outbox_unpublished on hydracache_outbox (id) where not published;
create table if not exists hydracache_outbox_head (
    one smallint primary key check (one = 1),
    trimmed bigint not null default 0,
    trimmed_cache bigint not null default 0,
    late bigint not null default 0
);
insert into hydracache_outbox_head (one) values (1) on conflict do nothing;
