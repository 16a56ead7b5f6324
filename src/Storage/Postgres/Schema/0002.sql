create table api_keys (
    number bigint generated always as identity primary key,
    id text collate "C" not null unique,
    tenant text collate "C" not null,
    subject text collate "C" not null,
    scopes text not null,
    hash bytea not null,
    created_at text collate "C" not null,
    expires_at text collate "C",
    revoked_at text collate "C"
);

-- Goes up with every change: nodes look at this often, and at the keys only when it is another number.
create table api_key_changes (number bigint not null);
insert into api_key_changes values (0);

-- One chain for each process, so that none waits for another. A record is the bytes that were hashed, and its own hash behind them.
create table audit_records (
    chain text collate "C" not null,
    sequence bigint not null,
    at text collate "C" not null,
    record bytea not null,
    primary key (chain, sequence)
);
-- What of a chain is there. Small: which records are the oldest, and how much there is, is looked up after every batch.
create table audit_chains (
    chain text collate "C" primary key,
    first bigint not null default 1,
    last bigint not null default 0,
    first_at text collate "C" not null,
    bytes bigint not null default 0
);
