-- The members of a cluster of silos, and the version of what all of them have agreed on: a change is made only to the version that its maker has seen.

create table silo_clusters (
    cluster text primary key,
    version integer not null
);

create table silos (
    cluster text not null references silo_clusters on delete cascade,
    -- Address, port and start, in one text: a process that starts again at the same address is another silo.
    silo text not null,
    status smallint not null,
    gateway_port integer not null,
    host_name text not null,
    name text not null,
    started_at timestamptz not null,
    alive_at timestamptz not null,
    -- Who says that it is gone, and since when.
    suspected_by text[] not null,
    suspected_at timestamptz[] not null,
    primary key (cluster, silo)
);
