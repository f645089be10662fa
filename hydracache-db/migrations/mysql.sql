create table if not exists hydracache_outbox (
    id bigint primary key,
    kind varchar(16) not null,
    cache varchar(255),
    name varchar(1024) not null,
    collection varchar(255),
    origin varchar(64),
    published boolean not null default false,
    created_at timestamp not null default current_timestamp,
    index hydracache_outbox_unpublished (published, id)
) engine = innodb character set utf8mb4 collate utf8mb4_bin;
create table if not exists hydracache_outbox_head (
    one smallint primary key check (one = 1),
    last_id bigint not null default 0,
    trimmed bigint not null default 0,
    trimmed_cache bigint not null default 0,
    late bigint not null default 0
) engine = innodb;
insert ignore into hydracache_outbox_head (one) values (1);
